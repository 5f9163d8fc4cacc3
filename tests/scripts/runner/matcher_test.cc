// SPDX-License-Identifier: Apache-2.0
// Every field that a script names is compared, and frames survive encoding and decoding.

#include "tests/scripts/runner/matcher.h"

#include <gtest/gtest.h>

#include "tests/scripts/runner/parser.h"
#include "tests/scripts/runner/payload.h"
#include "tests/scripts/runner/print.h"

namespace millrace::script {
namespace {

constexpr Mac kFrom{2, 0, 0, 0, 0, 1};
constexpr Mac kTo{2, 0, 0, 0, 0, 2};

Packet expected(const std::string& text) {
  const auto script = parse_script("a.pkt", "+0 > " + text);
  EXPECT_TRUE(script.has_value()) << script.error().text;
  return std::get<Packet>(script->events[0].what);
}

TcpOption option(TcpOption::Kind kind, Any value = {}, Any echo = {}) {
  TcpOption result;
  result.kind = kind;
  result.value = value;
  result.echo = echo;
  return result;
}

TcpOption sack(std::vector<std::pair<std::uint32_t, std::uint32_t>> blocks) {
  TcpOption result = option(TcpOption::Kind::kSack);
  result.blocks = std::move(blocks);
  return result;
}

TcpOption raw(std::uint8_t kind, std::vector<std::uint8_t> octets) {
  TcpOption result = option(TcpOption::Kind::kRaw);
  result.raw_kind = kind;
  result.raw = std::move(octets);
  return result;
}

Segment segment() {
  Segment s;
  s.source = *parse_address("192.0.2.1");
  s.destination = *parse_address("192.0.2.2");
  s.source_port = 8080;
  s.destination_port = 40000;
  s.seq = 5001;
  s.ack = 9001;
  s.flags = kAck | kPsh;
  s.window = 300;
  for (std::size_t i = 0; i < 10; ++i) s.payload.push_back(stream_byte(0, i));
  return s;
}

Numbers numbers() {
  Numbers n;
  n.local_isn = 5000;
  n.remote_isn = 9000;
  return n;
}

std::string compare(const std::string& text, const Segment& actual) {
  Numbers n = numbers();
  return difference(expected(text), actual, n).value_or("same");
}

TEST(Matcher, TheSegmentItselfMatches) {
  EXPECT_EQ(compare("P. 1:11(10) ack 1 win 300", segment()), "same");
  EXPECT_EQ(compare("P. 1:11(10) ack 1", segment()), "same");
  EXPECT_EQ(compare("p. 1:11(10) ack 1", segment()), "same");
  EXPECT_EQ(compare("P. =5001:5011(10) ack =9001", segment()), "same");
}

TEST(Matcher, EveryFieldIsCompared) {
  EXPECT_EQ(compare(". 1:11(10) ack 1", segment()), "flags: expected ., came P.");
  EXPECT_EQ(compare("P. 2:12(10) ack 1", segment()), "sequence number: expected 2, came 1");
  EXPECT_EQ(compare("P. 1:12(11) ack 1", segment()), "length: expected 11, came 10");
  EXPECT_EQ(compare("P. 1:11(10) ack 2", segment()), "ack: expected 2, came 1");
  EXPECT_EQ(compare("P. 1:11(10) ack 1 win 299", segment()), "win: expected 299, came 300");
  EXPECT_EQ(compare("P. 1:11(10) ack 1 <nop>", segment()), "option: expected nop, came none");
  EXPECT_EQ(compare("[ect0] P. 1:11(10) ack 1", segment()), "ECN field: expected 2, came 0");
  EXPECT_EQ(compare("[ttl 63] P. 1:11(10) ack 1", segment()), "ttl: expected 63, came 64");
}

TEST(Matcher, PayloadIsComparedByteForByte) {
  Segment wrong = segment();
  wrong.payload[7] ^= std::byte{1};
  EXPECT_EQ(compare("P. 1:11(10) ack 1", wrong),
            "payload: byte 7 (offset 7 of the stream) is not what was written");
  Segment shifted = segment();
  shifted.seq = 5002;
  EXPECT_NE(compare("P. 2:12(10) ack 1", shifted), "same");
}

TEST(Matcher, Options) {
  Segment s = segment();
  s.options = {option(TcpOption::Kind::kMss, 1460), option(TcpOption::Kind::kTimestamp, 700, 55)};
  EXPECT_EQ(compare("P. 1:11(10) ack 1", s), "option: expected none, came mss 1460");
  EXPECT_EQ(compare("P. 1:11(10) ack 1 <...>", s), "same");
  EXPECT_EQ(compare("P. 1:11(10) ack 1 <mss 1460,...>", s), "same");
  EXPECT_EQ(compare("P. 1:11(10) ack 1 <mss *,TS val * ecr 55>", s), "same");
  EXPECT_EQ(compare("P. 1:11(10) ack 1 <mss 1400,...>", s),
            "option: expected mss 1400, came mss 1460");
  EXPECT_EQ(compare("P. 1:11(10) ack 1 <mss 1460,TS val * ecr 54>", s),
            "TS ecr: expected 54, came 55");
  EXPECT_EQ(compare("P. 1:11(10) ack 1 <TS val * ecr 55,...>", s),
            "option: expected TS val * ecr 55, came mss 1460");
}

TEST(Matcher, TimestampsCountFromTheFirst) {
  Segment s = segment();
  s.options = {option(TcpOption::Kind::kTimestamp, 700, 0)};
  Numbers n = numbers();
  EXPECT_FALSE(difference(expected("P. 1:11(10) ack 1 <TS val 100 ecr 0>"), s, n).has_value());
  s.options[0].value = 750;
  EXPECT_FALSE(difference(expected("P. 1:11(10) ack 1 <TS val 150 ecr 0>"), s, n).has_value());
  EXPECT_EQ(*difference(expected("P. 1:11(10) ack 1 <TS val 160 ecr 0>"), s, n),
            "TS val: expected 160, came 150");
}

TEST(Matcher, SackBlocksAreRelativeToTheRemoteNumber) {
  Segment s = segment();
  s.options = {sack({{9011, 9021}})};
  EXPECT_EQ(compare("P. 1:11(10) ack 1 <sack 11:21>", s), "same");
  EXPECT_EQ(compare("P. 1:11(10) ack 1 <sack 11:22>", s),
            "option: expected sack 11:22, came sack 11:21");
}

TEST(Matcher, ASynTeachesTheInitialSequenceNumber) {
  Segment syn = segment();
  syn.payload.clear();
  syn.flags = kSyn | kAck;
  syn.seq = 77;
  Numbers n;
  n.remote_isn = 9000;
  EXPECT_FALSE(difference(expected("S. 0:0(0) ack 1"), syn, n).has_value());
  EXPECT_EQ(n.local_isn, 77U);
  syn.seq = 78;
  EXPECT_EQ(*difference(expected("S. 0:0(0) ack 1"), syn, n),
            "sequence number: expected 0, came 1");
}

TEST(Codec, FramesSurvive) {
  for (const char* address : {"192.0.2.9", "2001:db8::9"}) {
    Segment s = segment();
    s.source = s.destination = *parse_address(address);
    s.ecn = Ecn::kCe;
    s.options = {option(TcpOption::Kind::kNop), option(TcpOption::Kind::kWindowScale, 7),
                 sack({{1, 2}, {3, 4}}), raw(254, {0xF9, 0x89})};
    const auto decoded = decode(encode(s, kFrom, kTo));
    ASSERT_TRUE(decoded.has_value()) << decoded.error();
    EXPECT_EQ(to_string(*decoded, numbers()), to_string(s, numbers()));
    EXPECT_EQ(decoded->options, s.options);
    EXPECT_EQ(decoded->payload, s.payload);
  }
}

TEST(Codec, DamageIsSeen) {
  EXPECT_EQ(decode(encode(segment(), kFrom, kTo, {.tcp_checksum = true})).error(),
            "the TCP checksum is wrong");
  EXPECT_EQ(decode(encode(segment(), kFrom, kTo, {.ip_checksum = true})).error(),
            "the IPv4 checksum is wrong");
  Bytes cut = encode(segment(), kFrom, kTo);
  cut.pop_back();
  EXPECT_FALSE(decode(cut).has_value());
}

TEST(Codec, AnIcmpErrorQuotesTheSegment) {
  const Segment s = segment();
  const Bytes frame = encode_icmp(s, IcmpKind::kFragmentationNeeded, 1400, kTo, kFrom);
  ASSERT_EQ(frame.size(), 14U + 20 + 8 + 20 + 8);
  EXPECT_TRUE(is_protocol(frame, 1));
  EXPECT_EQ(frame[34], std::byte{3});
  EXPECT_EQ(frame[35], std::byte{4});
  EXPECT_EQ(frame[40], std::byte{1400 >> 8});
  const Bytes whole = encode(s, kFrom, kTo);
  EXPECT_TRUE(std::equal(frame.end() - 28, frame.end(), whole.begin() + 14));
}

}  // namespace
}  // namespace millrace::script
