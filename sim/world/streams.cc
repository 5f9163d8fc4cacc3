// SPDX-License-Identifier: Apache-2.0
// The pattern and its judgement.

#include "sim/world/streams.h"

#include <algorithm>
#include <cstring>

namespace millrace::sim::world {
namespace {

constexpr std::uint64_t kNumberBytes = 8;

std::uint64_t word(std::uint64_t number, std::uint64_t index) {
  if (index == 0) return number;
  std::uint64_t z = number * 0x9E3779B97F4A7C15u + index * 0xD1B54A32D192ED03u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

void pattern(std::uint64_t number, std::uint64_t offset, flow::MutableBytes bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const std::uint64_t value = word(number, (offset + done) / 8);
    const std::size_t at = (offset + done) % 8;
    const std::size_t count = std::min(8 - at, bytes.size() - done);
    std::memcpy(bytes.data() + done, reinterpret_cast<const std::byte*>(&value) + at, count);
    done += count;
  }
}

}  // namespace

End& Streams::add(int machine, bool client, flow::Endpoint local, flow::Endpoint remote) {
  End& end = ends_.emplace_back();
  end.number = ends_.size();
  end.machine = machine;
  end.client = client;
  end.local = std::move(local);
  end.remote = std::move(remote);
  heads_.emplace_back();
  return end;
}

void Streams::fill(const End& end, std::uint64_t offset, flow::MutableBytes bytes) {
  pattern(end.number, offset, bytes);
}

bool Streams::opposite(const End& a, const End& b) {
  return a.local == b.remote && a.remote == b.local;
}

// The first eight bytes name the sender.
std::string Streams::bind(End& end) {
  std::uint64_t number = 0;
  std::memcpy(&number, heads_[end.number - 1].data(), kNumberBytes);
  if (number == 0 || number > ends_.size()) return "received a stream that nobody sends";
  End& sender = ends_[number - 1];
  if (!opposite(end, sender)) {
    return "received the stream of " + describe(sender) + ", to which it is not connected";
  }
  if (sender.receiver != nullptr) {
    return "received the stream that " + describe(*sender.receiver) + " received before";
  }
  sender.receiver = &end;
  end.sender = &sender;
  return {};
}

std::string Streams::receive(End& end, flow::ConstBytes bytes) {
  if (end.eof) return "received data after the end of the stream";
  std::vector<std::byte>& head = heads_[end.number - 1];
  std::uint64_t offset = end.received;
  end.received += bytes.size();
  if (head.size() < kNumberBytes) {
    const std::size_t count = std::min<std::size_t>(kNumberBytes - head.size(), bytes.size());
    head.insert(head.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    if (head.size() < kNumberBytes) return {};
    if (std::string wrong = bind(end); !wrong.empty()) return wrong;
    bytes = bytes.subspan(count);
    offset += count;
  }
  if (end.received > end.sender->offered) {
    return "received " + std::to_string(end.received) + " bytes of a stream of which only " +
           std::to_string(end.sender->offered) + " were sent";
  }
  std::vector<std::byte> expected(bytes.size());
  pattern(end.sender->number, offset, expected);
  const auto different = std::ranges::mismatch(bytes, expected);
  if (different.in1 == bytes.end()) return {};
  return "received a wrong byte at offset " +
         std::to_string(offset + static_cast<std::uint64_t>(different.in1 - bytes.begin())) +
         " of the stream of " + describe(*end.sender);
}

// Only an end that finished ends a stream, and all that it sent was before that.
std::string Streams::receive_eof(End& end) {
  if (end.eof) return {};
  end.eof = true;
  const std::vector<std::byte>& head = heads_[end.number - 1];
  const auto whole = [&](const End& sender) {
    return opposite(end, sender) && sender.finished && sender.accepted == end.received &&
           std::memcmp(head.data(), &sender.number, head.size()) == 0;
  };
  if (end.sender != nullptr) {
    if (whole(*end.sender)) return {};
    return "read the end of the stream after " + std::to_string(end.received) + " bytes, but " +
           describe(*end.sender) + " did not finish there";
  }
  if (std::ranges::any_of(ends_, whole)) return {};
  return "read the end of a stream that nobody finished";
}

const End* Streams::peer_of(const End& end) const {
  if (end.sender != nullptr) return end.sender;
  if (end.receiver != nullptr) return end.receiver;
  // Addresses may have been used before, by ends that are known to belong to each other.
  const auto found = std::find_if(ends_.rbegin(), ends_.rend(), [&](const End& other) {
    return opposite(end, other) && other.sender == nullptr && other.receiver == nullptr;
  });
  return found == ends_.rend() ? nullptr : &*found;
}

std::string Streams::describe(const End& end) {
  return "end " + std::to_string(end.number) + (end.client ? " (client " : " (server ") +
         to_string(end.local) + " to " + to_string(end.remote) + ", offered " +
         std::to_string(end.offered) + ", accepted " + std::to_string(end.accepted) +
         (end.finished ? ", finished" : "") + ", received " + std::to_string(end.received) +
         (end.eof ? " and the end" : "") + ", reading " + std::string(end.reading) + ", writing " +
         std::string(end.writing) + ", ending " + std::string(end.ending) +
         (end.over ? ", over: " + end.why : "") + ")";
}

}  // namespace millrace::sim::world
