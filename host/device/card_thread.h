// SPDX-License-Identifier: Apache-2.0
// For tests with threads: a software card that runs on a thread of its own, as a card does, and
// whose peers echo. Each application thread has a view of it; views and card meet in shared memory
// and in doorbells only, so that a thread sanitizer sees every ordering that the host relies on.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <stop_token>
#include <thread>

#include "host/device/fake_device.h"

namespace millrace::host {

class CardThread {
 public:
  static constexpr std::uint32_t kPairs = 4;

  explicit CardThread(std::uint16_t connections)
      : card_({.connections = connections, .queue_pairs = kPairs, .ready_at_us = 0}),
        connections_(connections),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}

  // What one thread has of the card.
  class View final : public Device {
   public:
    explicit View(CardThread& card) : card_(card) {}
    std::expected<std::uint32_t, DeviceError> read_register(std::uint32_t offset) override {
      const std::lock_guard lock(card_.mutex_);
      return card_.card_.read_register(offset);
    }
    std::expected<void, DeviceError> write_register(std::uint32_t offset,
                                                    std::uint32_t value) override {
      if (offset >= contract::kDoorbellBase) {
        const auto pair = (offset - contract::kDoorbellBase) / contract::kDoorbellStride;
        card_.doorbells_.at(pair).store(value, std::memory_order_release);
        return {};
      }
      const std::lock_guard lock(card_.mutex_);
      // A new queue pair begins anew; the card must not take an old doorbell for its first.
      if (offset == contract::kRegQpCommit) card_.doorbells_.at(value & 0xFF).store(0);
      return card_.card_.write_register(offset, value);
    }
    std::expected<SharedMemory, DeviceError> allocate(std::size_t bytes) override {
      const std::lock_guard lock(card_.mutex_);
      return card_.card_.allocate(bytes);
    }
    std::uint64_t now_us() const override {
      const auto now = std::chrono::steady_clock::now().time_since_epoch();
      return static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::microseconds>(now).count());
    }
    std::expected<void, DeviceError> wait(std::uint64_t /*deadline_us*/) override {
      if (!woken_.exchange(false)) std::this_thread::sleep_for(std::chrono::microseconds(20));
      return {};
    }
    void wake() override { woken_ = true; }
    std::string description() const override { return "card on a thread"; }
    std::string failure() const override { return ""; }

   private:
    CardThread& card_;
    std::atomic<bool> woken_ = false;
  };

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      {
        const std::lock_guard lock(mutex_);
        turn();
      }
      std::this_thread::yield();
    }
  }
  void turn() {
    for (std::uint32_t i = 0; i < kPairs; ++i) {
      const std::uint32_t value = doorbells_[i].load(std::memory_order_acquire);
      static_cast<void>(
          card_.write_register(contract::kDoorbellBase + i * contract::kDoorbellStride, value));
    }
    card_.run();
    for (std::uint16_t i = 0; i < connections_; ++i) {
      const FakeDevice::Conn& conn = card_.conn(i);
      if (!conn.used) continue;
      if (conn.state == contract::TcpState::kSynSent) card_.establish(i);
      if (conn.sent != conn.taken) card_.peer_send(i, card_.peer_take(i));
      if (conn.fin && conn.state == contract::TcpState::kEstablished) {
        card_.end(i, contract::Status::kOk);
      }
    }
    card_.run();
  }

  std::mutex mutex_;
  FakeDevice card_;
  std::uint16_t connections_;
  std::array<std::atomic<std::uint32_t>, kPairs> doorbells_{};
  std::jthread thread_;
};

}  // namespace millrace::host
