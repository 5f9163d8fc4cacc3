// SPDX-License-Identifier: Apache-2.0
// Asio inside the event loop.

#include "flow/asio/asio_source.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>

namespace millrace::flow {

void AsioSource::attach(EventLoop& loop) {
  loop_ = &loop;
  loop.add(*this);
}

bool AsioSource::poll() {
  context_.restart();
  return context_.poll() != 0;
}

void AsioSource::wait(std::uint64_t deadline_us) {
  constexpr std::uint64_t kLongestUs = 1'000'000;  // a spurious return is allowed; overflow is not
  const std::uint64_t now_us = loop_->now_us();
  if (!patient_ || deadline_us <= now_us) return;
  context_.restart();
  context_.run_one_for(std::chrono::microseconds(std::min(deadline_us - now_us, kLongestUs)));
}

void AsioSource::wake() {
  boost::asio::post(context_, [] {});
}

}  // namespace millrace::flow
