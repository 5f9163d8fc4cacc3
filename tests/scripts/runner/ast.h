// SPDX-License-Identifier: Apache-2.0
// A script as parsed: options, then events in the order of the file. What a segment says in a
// script and what a real one says share the types below, so that both print alike.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace millrace::script {

// Something wrong at a line of the script (counted from 1; 0: the script as a whole).
struct ScriptError {
  int line = 0;
  std::string text;
};

enum class Direction : std::uint8_t { kInject, kExpect };

// TCP header flags, as in the header's low byte (RFC 9293 3.1, RFC 3168).
enum Flag : std::uint8_t {
  kFin = 0x01,
  kSyn = 0x02,
  kRst = 0x04,
  kPsh = 0x08,
  kAck = 0x10,
  kUrg = 0x20,
  kEce = 0x40,
  kCwr = 0x80,
};

enum class Ecn : std::uint8_t { kNone = 0, kEct1 = 1, kEct0 = 2, kCe = 3 };

// A number, or `*`: any. In expectations only.
using Any = std::optional<std::uint32_t>;

struct TcpOption {
  enum class Kind : std::uint8_t {
    kEnd = 0,
    kNop = 1,
    kMss = 2,
    kWindowScale = 3,
    kSackPermitted = 4,
    kSack = 5,
    kTimestamp = 8,
    kRaw = 255,  // any other kind: raw_kind and raw
    kRest = 254  // `...`: whatever follows. In expectations only
  };
  Kind kind = Kind::kNop;
  Any value;                                                    // mss, shift count, TS val
  Any echo;                                                     // TS ecr
  std::vector<std::pair<std::uint32_t, std::uint32_t>> blocks;  // sack
  std::uint8_t raw_kind = 0;
  std::vector<std::uint8_t> raw;
  bool operator==(const TcpOption&) const = default;
};

// A sequence number in a script: relative to the initial sequence number of its side, or absolute.
struct Sequence {
  std::uint32_t value = 0;
  bool absolute = false;
  bool operator==(const Sequence&) const = default;
};

// Which remote end of the script: remote_port + index; and which port of the card.
struct Peer {
  unsigned index = 0;
  std::uint16_t local_port = 0;  // 0: the peer's last, at first the script's local_port
};

enum class IcmpKind : std::uint8_t {
  kNone,
  kNetUnreachable,
  kHostUnreachable,
  kProtocolUnreachable,
  kPortUnreachable,
  kFragmentationNeeded,
  kTimeExceeded,
  kSourceQuench,
  kParameterProblem,
};

// A segment (or an ICMP error about one) in a script.
struct Packet {
  Direction direction = Direction::kInject;
  Peer peer;
  IcmpKind icmp = IcmpKind::kNone;
  std::uint32_t mtu = 0;  // ICMP fragmentation needed, ICMPv6 packet too big

  std::uint8_t flags = 0;
  bool any_push = false;     // `p`: with or without PSH. In expectations only
  Sequence seq;              // of an ICMP error: of the segment that it quotes
  std::uint32_t length = 0;  // payload bytes
  std::optional<Sequence> ack;
  std::optional<std::uint16_t> window;  // as on the wire, not scaled; expectation without: any
  std::optional<std::uint16_t> urgent;
  bool any_options = false;  // `<...>`
  std::vector<TcpOption> options;
  std::optional<Ecn> ecn;  // injected without: none; expectation without: any
  std::optional<std::uint8_t> ttl;
  std::uint32_t pattern = 0;  // another payload than the stream's: "overlap with other data"
  bool bad_tcp_checksum = false;
  bool bad_ip_checksum = false;
  bool bad_fcs = false;
  // Of the 802.1Q tag of an injected frame; -1: none. Without: that of the option vlan.
  std::optional<std::int32_t> vlan;
};

// An argument of a call: a number, a name, `...`, a text, or a list in [] or {}.
struct Argument {
  enum class Kind : std::uint8_t { kNumber, kName, kEllipsis, kText, kList };
  Kind kind = Kind::kEllipsis;
  std::int64_t number = 0;          // also htons(n) and @n
  std::string text;                 // name (O_RDWR|O_NONBLOCK as written) or text
  std::vector<Argument> list;       // of [] and {}
  std::vector<std::string> fields;  // of {}: names before `=`, empty where there is none
};

struct Call {
  std::string name;
  std::vector<Argument> arguments;
  std::optional<std::int64_t> result;  // none: `?`, not looked at
  std::string error;                   // "ECONNREFUSED"; empty: no error expected
};

// `expect ...` or `%{ assert(...) }%`: words, or one comparison of each.
struct Command {
  std::vector<std::vector<std::string>> statements;  // words of each
};

// When an event happens or is expected, in microseconds.
struct When {
  enum class Kind : std::uint8_t { kAbsolute, kRelative, kAny, kAbsoluteRange, kRelativeRange };
  Kind kind = Kind::kRelative;
  std::int64_t from = 0;
  std::int64_t to = 0;              // ranges: until when
  std::optional<std::int64_t> end;  // blocking call: when it returns, same base
};

struct Event {
  int line = 0;
  When when;
  std::variant<Packet, Call, Command> what;
};

struct Option {
  int line = 0;
  std::string name;
  std::string value;
};

struct Script {
  std::string path;
  std::string must_fail;  // of a comment `// must fail: TEXT`
  std::vector<Option> options;
  std::vector<Event> events;
};

}  // namespace millrace::script
