// SPDX-License-Identifier: Apache-2.0
// One end of a byte-exact transfer over a connection: sends a generated stream, half-closes, checks
// what it reads against the other's stream, and gives the connection back when the card's final
// report has come.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "host/runtime.h"

namespace millrace::tests {

// Byte i of stream `key`: cheap, and different wherever an offset slips.
inline std::byte stream_byte(std::uint64_t key, std::uint64_t i) {
  const std::uint64_t word = (i >> 3) * 0x9E3779B97F4A7C15U + key * 0xD1B54A32D192ED03U;
  return static_cast<std::byte>((word ^ (word >> 29)) >> ((i & 7) * 8));
}

class TransferEnd final : public host::ConnectionHandler {
 public:
  TransferEnd() = default;
  TransferEnd(std::uint64_t send_key, std::uint64_t send_bytes, std::uint64_t expect_key,
              std::uint64_t expect_bytes)
      : send_key_(send_key),
        send_bytes_(send_bytes),
        expect_key_(expect_key),
        expect_bytes_(expect_bytes) {}

  void attach(host::Connection& connection) {
    connection.set_handler(this);
    on_event(connection);
  }

  void on_event(host::Connection& connection) noexcept override {
    if (done_) return;
    local_port_ = connection.local_port();
    receive(connection);
    send(connection);
    if (!connection.final()) return;
    done_ = true;
    status_ = connection.status();
    clean_ = status_ == host::Status::kOk && connection.fin_received() && connection.fin_acked() &&
             connection.readable_bytes() == 0 && received_ == expect_bytes_ && !mismatch_ &&
             connection.bytes_acked() == send_bytes_;
    connection.release();
  }

  bool done() const { return done_; }
  // Ended with every byte right both ways and both FINs acknowledged.
  bool clean() const { return clean_; }
  bool mismatch() const { return mismatch_; }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t received() const { return received_; }
  host::Status status() const { return status_; }
  // 0 before the card has chosen it.
  std::uint16_t local_port() const { return local_port_; }

 private:
  void receive(host::Connection& connection) {
    for (auto bytes = connection.readable(); !bytes.empty(); bytes = connection.readable()) {
      for (const std::byte byte : bytes) {
        if (byte != stream_byte(expect_key_, received_++)) mismatch_ = true;
      }
      connection.consume(bytes.size());
    }
  }
  void send(host::Connection& connection) {
    while (sent_ < send_bytes_) {
      const auto room = connection.writable();
      if (room.empty()) return;
      const std::size_t count = std::min<std::uint64_t>(room.size(), send_bytes_ - sent_);
      for (std::size_t i = 0; i < count; ++i) room[i] = stream_byte(send_key_, sent_ + i);
      connection.commit(count);
      sent_ += count;
    }
    connection.finish();
  }

  std::uint64_t send_key_ = 0, send_bytes_ = 0, expect_key_ = 0, expect_bytes_ = 0;
  std::uint64_t sent_ = 0, received_ = 0;
  std::uint16_t local_port_ = 0;
  bool done_ = false, clean_ = false, mismatch_ = false;
  host::Status status_ = host::Status::kOk;
};

}  // namespace millrace::tests
