// SPDX-License-Identifier: Apache-2.0
// CUBIC as RFC 9438 writes it, in double precision: windows in segments, times in seconds. What
// toe_cc is measured against.

#pragma once

#include <algorithm>
#include <cmath>

namespace millrace {

struct CubicModel {
  static constexpr double kC = 0.4;
  static constexpr double kBeta = 0.7;

  double cwnd = 10;
  double w_max = 0;
  double cwnd_prior = 0;
  double w_est = 0;
  double k = 0;
  double epoch = -1;
  bool after_timeout = false;

  double curve(double t) const { return kC * std::pow(t - k, 3) + w_max; }

  void begin(double now) {  // 4.2: a congestion avoidance stage
    epoch = now;
    if (after_timeout || w_max <= cwnd) {  // 4.8, and no congestion event yet
      w_max = cwnd;
      k = 0;
    } else {
      k = std::cbrt((w_max - cwnd) / kC);
    }
    after_timeout = false;
    w_est = cwnd;
  }

  // What cwnd grows by for one acknowledged segment (4.2 to 4.5).
  double growth(double now, double rtt) {
    if (epoch < 0) begin(now);
    const double t = now - epoch;
    const double target = std::clamp(curve(t + rtt), cwnd, 1.5 * cwnd);
    if (curve(t) < w_est) return std::max(0.0, w_est - cwnd);
    return (target - cwnd) / cwnd;
  }

  void ack(double now, double rtt, double segments) {
    if (epoch < 0) begin(now);
    const double alpha = w_est >= cwnd_prior ? 1 : 3 * (1 - kBeta) / (1 + kBeta);  // 4.3
    w_est += alpha * segments / cwnd;
    const double t = now - epoch;
    if (curve(t) < w_est) {
      cwnd = std::max(cwnd, w_est);
    } else {
      cwnd += segments * growth(now, rtt);
    }
  }

  void loss() {  // 4.6 and 4.7
    w_max = cwnd < w_max ? cwnd * (1 + kBeta) / 2 : cwnd;
    cwnd_prior = cwnd;
    cwnd *= kBeta;
    epoch = -1;
  }
};

}  // namespace millrace
