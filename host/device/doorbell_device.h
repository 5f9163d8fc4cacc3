// SPDX-License-Identifier: Apache-2.0
// For tests that state costs: a fake card whose doorbell can be held, so that ringing it costs what
// a mapped register does.

#pragma once

#include "host/device/fake_device.h"

namespace millrace::host {

// A fake card whose doorbell is a store while instructions are counted.
class DoorbellDevice final : public FakeDevice {
 public:
  explicit DoorbellDevice(std::uint32_t connections) : FakeDevice({.connections = connections}) {}
  std::expected<void, DeviceError> write_register(std::uint32_t offset,
                                                  std::uint32_t value) override {
    if (held_) {
      offset_ = offset;
      value_ = value;
      ++writes;
      return {};
    }
    return FakeDevice::write_register(offset, value);
  }
  void hold() { held_ = true; }
  void let_go() {
    held_ = false;
    static_cast<void>(FakeDevice::write_register(offset_, value_));
  }
  int writes = 0;

 private:
  bool held_ = false;
  std::uint32_t offset_ = 0;
  std::uint32_t value_ = 0;
};

}  // namespace millrace::host
