// SPDX-License-Identifier: Apache-2.0
// Inputs as sequences of events on the wire and at the host. Numbers of TCP fields are given in
// terms of what the connection has got to, so that small changes of an input stay near what a
// connection accepts; checksums are right unless the input wants them wrong.

#include <algorithm>
#include <array>

#include "tests/fuzz/bench.h"
#include "tests/fuzz/fuzz.h"

namespace millrace::fuzz {
namespace {

constexpr int kEventsMax = 64;
constexpr std::uint16_t kFirstPort = 5000;
constexpr std::uint16_t kRemotePort = 7000;

enum class Event : std::uint8_t {
  kSegment,  // four times as likely as others
  kSegment1,
  kSegment2,
  kSegment3,
  kGood,
  kOpen,
  kTime,
  kTime1,
  kHost,
  kHost1,
  kIcmpError,
  kNeighbour,
  kEcho,
  kRaw,
  kRepeat,
  kConnect,
};

// Half of the values of a byte stand for what a good peer would send now, so that most events lead
// somewhere: a connection that every second segment ends sees little.
bool usual(std::uint8_t chosen) { return chosen < 0x80; }

std::uint8_t draw_flags(Input& input) {
  const std::uint8_t chosen = input.u8();
  if (usual(chosen)) return (chosen & 1) != 0 ? kAck | kPsh : kAck;
  constexpr std::array<std::uint8_t, 8> kFlags = {kAck | kFin, kSyn, kSyn | kAck, kRst,
                                                  kRst | kAck, kFin, kAck | 0xC0, kAck | 0x20};
  if (chosen < 0xC0) return kFlags[chosen & 7];
  return input.u8();
}

// One of these, or near it, or anything.
std::uint32_t draw_number(Input& input, std::uint8_t chosen,
                          const std::array<std::uint32_t, 8>& bases) {
  const std::uint32_t base = bases[chosen & 7];
  if ((chosen & 8) == 0) return base;
  if ((chosen & 0xF0) == 0xF0) return input.u32();
  return base + static_cast<std::uint32_t>(input.i16() >> (chosen >> 3 & 14));
}

std::uint32_t draw_seq(Input& input, const Peer& peer) {
  const std::uint8_t chosen = input.u8();
  if (usual(chosen)) return peer.next;
  return draw_number(input, chosen,
                     {peer.acked, peer.next + 1, peer.next - 1460, peer.acked - 1, peer.next + 4096,
                      peer.next + 1000, peer.next + 2000, peer.acked + 0x8000'0000u});
}

std::uint32_t draw_ack(Input& input, const Peer& peer) {
  const std::uint8_t chosen = input.u8();
  if (usual(chosen)) return peer.card_next;
  return draw_number(input, chosen,
                     {peer.card_acked, peer.card_acked + 1, peer.card_next + 1, peer.card_acked - 1,
                      peer.card_next - 1, peer.card_acked + 64, peer.card_acked + 1460,
                      peer.card_next + 0x8000'0000u});
}

std::uint16_t draw_window(Input& input) {
  const std::uint8_t chosen = input.u8();
  if (usual(chosen)) return 0xFFFF;
  return (chosen & 1) != 0 ? chosen & 0x7F : input.u16();
}

std::size_t draw_length(Input& input) {
  constexpr std::array<std::size_t, 16> kLengths = {0,   0,    0,    1,    2,    7,    64,   100,
                                                    536, 1000, 1448, 1460, 1461, 2000, 4096, 8960};
  const std::uint8_t chosen = input.u8();
  return (chosen & 0x80) != 0 ? chosen & 0x7Fu : kLengths[chosen & 15];
}

Bytes draw_options(Input& input, Peer& peer) {
  const std::uint8_t chosen = input.u8();
  Bytes options;
  if (usual(chosen)) {  // what the connection has agreed on
    if (peer.timestamps) append_timestamps(options, peer);
    return options;
  }
  switch (chosen & 7) {
    case 0:
    case 1:
    case 2:
    case 3: {  // selective acknowledgements
      if (peer.timestamps) append_timestamps(options, peer);
      const int blocks = 1 + (chosen >> 3 & 3);
      append(options, 0x01010500u | static_cast<unsigned>(2 + 8 * blocks), 4);
      for (int i = 0; i < blocks; ++i) {
        const std::uint32_t left = peer.card_acked + input.u16() % 4200;
        append(options, left, 4);
        append(options, left + (input.u8() << 4 | 1u), 4);
      }
      break;
    }
    case 4:  // timestamps of the input's own
      append(options, 0x0101080A, 4);
      append(options, peer.clock + static_cast<std::uint32_t>(input.i16()), 4);
      append(options, (chosen & 8) != 0 ? input.u32() : peer.echo, 4);
      break;
    case 5:  // those of a SYN
      append(options, 0x02040000u | input.u16(), 4);
      append(options, 0x01030300u | (chosen >> 4), 4);
      append(options, 0x01010402, 4);
      if ((chosen & 8) != 0) append_timestamps(options, peer);
      break;
    case 6: {  // anything
      const auto bytes = input.take(1 + (chosen >> 3));
      options.assign(bytes.begin(), bytes.end());
      break;
    }
    default:  // none
      break;
  }
  return options;
}

// What the MAC marks bad is bad: the segment's last byte is not what it was, and its checksum does
// not tell.
void corrupt(Bytes& frame) {
  const Seen seen = look_at(frame);
  if (seen.kind != Seen::Kind::kTcp || seen.length == 0) return;
  frame[seen.payload_at + seen.length - 1] ^= 0xFF;
  fix_checksums(frame);
}

// Changes of a finished frame, its checksums made right before or after them or never.
bool spoil(Input& input, std::uint8_t how, Bytes& frame) {
  if (how < 0xC0) {
    fix_checksums(frame);
    return false;
  }
  if ((how & 0x10) != 0) fix_checksums(frame);
  for (int i = 0; i < (how & 3); ++i) {
    const std::size_t at =
        input.u16() % (i == 0 ? std::min<std::size_t>(frame.size(), 96) : frame.size());
    frame[at] = input.u8();
  }
  if ((how & 4) != 0) frame.resize(std::max<std::size_t>(1, input.u16() % (frame.size() + 8)));
  if ((how & 0x20) != 0) fix_checksums(frame);
  return (how & 8) != 0;
}

class Frames {
 public:
  explicit Frames(std::span<const std::uint8_t> bytes)
      : program_(bytes), header_(program_.header()), bench_(header_) {}

  Verdict run() {
    if (bench_.failure().empty()) open();
    for (int i = 0; i < kEventsMax && !program_.empty() && bench_.failure().empty(); ++i) {
      event(program_.record());
    }
    std::string wrong = bench_.judge({});
    return {.wrong = std::move(wrong), .digest = bench_.digest()};
  }

 private:
  // One connection over each family that the peer opens, one that the card opens.
  void open() {
    header_.take(Bench::kHeaderTaken);
    const std::uint8_t options = header_.u8();
    for (int i = 0; i < 2; ++i) {
      Peer& one = bench_.peer(static_cast<std::uint16_t>(kFirstPort + i), Bench::kPort, i == 1);
      bench_.open(one, options);
    }
    bench_.connect(kRemotePort, false);
    bench_.settle();
    // The card chose its port, which its report told; its SYN is on the wire.
    active_ = bench_.called();
    if (active_ != nullptr && active_->acked != active_->next) bench_.open(*active_, options);
  }

  Peer& draw_peer(std::uint8_t chosen) {
    switch (chosen & 3) {
      case 0:
        return bench_.peer(kFirstPort, Bench::kPort, false);
      case 1:
        return bench_.peer(kFirstPort + 1, Bench::kPort, true);
      case 2:
        if ((chosen & 4) != 0 && bench_.called() != nullptr) return *bench_.called();
        if (active_ != nullptr) return *active_;
        [[fallthrough]];
      default: {
        const auto port = static_cast<std::uint16_t>(kFirstPort + 2 + (chosen >> 2 & 7));
        return bench_.peer(port, (chosen & 0x40) != 0 ? 81 : Bench::kPort, (chosen & 0x20) != 0);
      }
    }
  }

  void event(Input input) {
    const std::uint8_t kind = input.u8();
    const std::uint8_t more = kind >> 4 & 7;
    switch (static_cast<Event>(kind & 15)) {
      case Event::kSegment:
      case Event::kSegment1:
      case Event::kSegment2:
      case Event::kSegment3:
        segment(input);
        break;
      case Event::kGood:
        good(input, more);
        break;
      case Event::kOpen: {
        Peer& peer = draw_peer(input.u8());
        bench_.open(peer, input.u8());
        break;
      }
      case Event::kTime:
      case Event::kTime1:
        bench_.run(std::uint64_t{1} << input.u8() % 21);
        return;
      case Event::kHost:
      case Event::kHost1:
        host(input, more);
        break;
      case Event::kIcmpError:
        icmp_error(input);
        break;
      case Event::kNeighbour:
        neighbour(input, more);
        break;
      case Event::kEcho:
        echo(input, more);
        break;
      case Event::kRaw:
        raw(input, more);
        break;
      case Event::kRepeat:
        if (!sent_.empty()) bench_.inject(sent_[input.u8() % sent_.size()]);
        break;
      case Event::kConnect:
        bench_.connect(static_cast<std::uint16_t>(kRemotePort + 1 + (input.u8() & 3)),
                       (more & 1) != 0);
        break;
    }
    // Back to back, or one by one.
    if ((kind & 0x80) == 0) bench_.settle();
  }

  // Changes the frame as the input wants and gives it to the card.
  void give(Input& input, std::uint8_t how, Bytes& frame) {
    const Bytes before = frame;
    const bool bad_fcs = spoil(input, how, frame);
    Bytes right = before;
    fix_checksums(right);
    if (frame != right && checksums_right(frame)) bench_.spoiled();
    if (bad_fcs) corrupt(frame);
    bench_.inject(frame, bad_fcs);
    if (bad_fcs) return;
    if (sent_.size() >= kKept) sent_.pop_front();
    sent_.push_back(frame);
  }

  void segment(Input& input) {
    const std::uint8_t how = input.u8();
    const std::uint8_t chosen = input.u8();
    Peer& peer = draw_peer(chosen);
    Segment segment;
    segment.six = peer.six;
    segment.from_port = peer.port;
    segment.to_port = peer.card_port;
    segment.flags = draw_flags(input);
    segment.window = draw_window(input);
    const std::size_t length = draw_length(input);
    segment.seq = draw_seq(input, peer);
    segment.ack = draw_ack(input, peer);
    fill(segment, length);
    segment.options = draw_options(input, peer);
    if ((chosen & 0x80) != 0) {
      segment.traffic_class = input.u8();
      segment.urgent = input.u8();
    }
    Bytes frame = make_tcp(Bench::attacker(), Bench::card_station(), segment);
    // What was in order is behind us; the next segment of a good peer follows it.
    if (segment.seq == peer.next) {
      peer.next += static_cast<std::uint32_t>(segment.payload.size()) +
                   ((segment.flags & kSyn) != 0 ? 1 : 0) + ((segment.flags & kFin) != 0 ? 1 : 0);
    }
    if ((segment.flags & kAck) != 0 && segment.ack == peer.card_next) {
      peer.card_acked = segment.ack;
    }
    give(input, how, frame);
  }

  // Every byte says where in sequence space it is, so that overlaps never contradict each other.
  static void fill(Segment& segment, std::size_t length) {
    const std::uint32_t first = segment.seq + ((segment.flags & kSyn) != 0 ? 1 : 0);
    segment.payload.resize(length);
    for (std::size_t i = 0; i < length; ++i) {
      segment.payload[i] = pattern_at(first + i);
    }
  }

  // What a peer that is well would send.
  void good(Input& input, std::uint8_t what) {
    Peer& peer = draw_peer(input.u8());
    Segment data;
    data.seq = peer.next;
    if ((what & 1) != 0) fill(data, draw_length(input));
    const bool fin = (what & 6) == 6;
    bench_.send(peer, fin ? kFin | kAck : kAck, data.payload);
  }

  void host(Input& input, std::uint8_t what) {
    auto& all = bench_.attacked();
    if (all.empty()) return;
    Attacked& one = all[input.u8() % all.size()];
    host::Connection& connection = *one.connection;
    switch (what) {
      case 0:
      case 1:
        return bench_.write(connection, input.u16() % 4096);
      case 2:
        return bench_.read(one, SIZE_MAX);
      case 3:
        return bench_.read(one, input.u8());
      case 4:
        return connection.finish();
      case 5:
        return connection.abort();
      case 6: {
        host::ConnectionOptions options;
        const std::uint8_t bits = input.u8();
        options.nodelay = (bits & 1) != 0;
        options.keepalive = (bits & 2) != 0;
        options.quickack = (bits & 4) != 0;
        options.user_timeout_us = (bits & 8) != 0 ? 100'000 : 0;
        if ((bits & 16) != 0) {
          options.congestion_control = static_cast<host::CongestionControl>((bits >> 5) % 3);
        }
        return connection.set_options(options);
      }
      default:
        release(all, one);
    }
  }

  void release(std::vector<Attacked>& all, Attacked& one) {
    bench_.read(one, SIZE_MAX);
    one.connection->release();
    all.erase(all.begin() + (&one - all.data()));
  }

  // An error that quotes a segment which the card might have sent (RFC 792, RFC 4443).
  void icmp_error(Input& input) {
    const std::uint8_t how = input.u8();
    const Peer& peer = draw_peer(input.u8());
    Segment quoted;
    quoted.six = peer.six;
    quoted.from_port = peer.card_port;
    quoted.to_port = peer.port;
    quoted.seq = peer.card_acked + static_cast<std::uint32_t>(static_cast<std::int8_t>(input.u8()));
    quoted.flags = kAck;
    const Bytes inner = make_tcp(Bench::card_station(), Bench::attacker(), quoted);
    const std::uint8_t type = input.u8();
    constexpr std::array<std::uint8_t, 4> kTypes = {3, 11, 12, 3};
    const auto likely = static_cast<std::uint8_t>(peer.six ? 1 + (type & 3) : kTypes[type & 3]);
    Bytes body = {usual(type) ? likely : type, input.u8(), 0, 0};
    if (usual(body[1])) body[1] &= 7;
    if (peer.six) {
      append(body, input.u16(), 4);
    } else {
      append(body, 0, 2);
      append(body, input.u16(), 2);
    }
    const std::size_t most = 14 + (peer.six ? 60 : 28 + (input.u8() & 31u));
    body.insert(body.end(), inner.begin() + 14,
                inner.begin() + static_cast<std::ptrdiff_t>(std::min(most, inner.size())));
    Bytes frame = make_icmp(Bench::attacker(), Bench::card_station(), peer.six, body);
    give(input, how, frame);
  }

  void neighbour(Input& input, std::uint8_t what) {
    const std::uint8_t how = input.u8();
    Bytes frame;
    if ((what & 1) != 0) {
      frame = make_advertisement((what & 2) != 0 ? Bench::honest() : Bench::attacker(),
                                 Bench::card_station());
      if ((what & 4) != 0) frame[54] = 135;  // solicitation
    } else {
      frame = make_arp((what & 2) != 0 ? Bench::honest() : Bench::attacker(), Bench::card_station(),
                       static_cast<std::uint16_t>(1 + (what >> 2 & 1)));
    }
    give(input, how, frame);
  }

  void echo(Input& input, std::uint8_t what) {
    const std::uint8_t how = input.u8();
    const bool six = (what & 1) != 0;
    Bytes body = {static_cast<std::uint8_t>(six ? 128 : 8), 0, 0, 0, 1, 2, 3, 4};
    body.resize(8 + draw_length(input) % 1453, 0x55);
    Bytes frame = make_icmp(Bench::attacker(), Bench::card_station(), six, body);
    give(input, how, frame);
  }

  // To the card's address, of a type that it may know, and then whatever comes: the rest of this
  // record and some that follow.
  void raw(Input& input, std::uint8_t more) {
    const std::uint8_t how = input.u8();
    Bytes frame;
    append(frame, Bench::card_station().mac);
    append(frame, Bench::attacker().mac);
    constexpr std::array<std::uint16_t, 4> kTypes = {0x0800, 0x86DD, 0x0806, 0x8100};
    append(frame, kTypes[input.u8() & 3], 2);
    for (const auto bytes : {input.take(kRecordBytes), program_.records(more)}) {
      frame.insert(frame.end(), bytes.begin(), bytes.end());
    }
    if (look_at(frame).kind == Seen::Kind::kTcp) bench_.spoiled();
    give(input, how, frame);
  }

  static constexpr std::size_t kKept = 16;

  Program program_;
  Input header_;
  Bench bench_;
  Peer* active_ = nullptr;
  std::deque<Bytes> sent_;  // the latest frames
};

}  // namespace

Verdict fuzz_frames(std::span<const std::uint8_t> input) { return Frames(input).run(); }

}  // namespace millrace::fuzz
