// SPDX-License-Identifier: Apache-2.0
// Neighbour discovery and tags of the runner's network: what is right passes, what is wrong is
// named.

#include "tests/scripts/runner/neighbour.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/scripts/runner/ip.h"

namespace millrace::script {
namespace {

constexpr Mac kCard{2, 0, 0, 0, 0, 1};
constexpr Mac kRemote{2, 0, 0, 0, 0, 2};

// What the card sends to find 2001:db8::9, with a hop limit and before `change`.
Bytes solicitation(std::uint8_t hop_limit, const std::function<void(Bytes&)>& change) {
  const Address source = *parse_address("2001:db8::1");
  const Address group = *parse_address("ff02::1:ff00:9");
  Bytes message;
  put(message, 135U << 24, 4);
  put(message, 0, 4);
  put_address(message, *parse_address("2001:db8::9"));
  put(message, 0x0101, 2);
  for (const std::uint8_t octet : kCard) message.push_back(std::byte{octet});
  change(message);
  set16(message, 2, checksum(message, pseudo_sum(source, group, 58, message.size())));
  Bytes frame;
  put_ethernet(frame, kCard, {0x33, 0x33, 0xFF, 0, 0, 9}, true);
  put_ip(frame, {source, group, 58, Ecn::kNone, hop_limit}, message.size(), false);
  frame.insert(frame.end(), message.begin(), message.end());
  return frame;
}

std::string wrong(const Bytes& frame) {
  const auto neighbour = decode_neighbour(frame);
  return neighbour ? "nothing" : neighbour.error();
}

TEST(Neighbour, ASolicitationIsUnderstoodAndAnswered) {
  const Bytes frame = solicitation(255, [](Bytes&) {});
  ASSERT_TRUE(is_neighbour(frame));
  const auto question = decode_neighbour(frame);
  ASSERT_TRUE(question.has_value()) << question.error();
  EXPECT_TRUE(question->solicitation);
  EXPECT_EQ(to_string(question->target), "2001:db8::9");
  EXPECT_EQ(to_string(question->source), "2001:db8::1");
  const Bytes reply = encode_advertisement(*question, kRemote, kCard);
  ASSERT_TRUE(is_neighbour(reply));
  const auto answer = decode_neighbour(reply);
  ASSERT_TRUE(answer.has_value()) << answer.error();
  EXPECT_FALSE(answer->solicitation);
  EXPECT_EQ(answer->target, question->target);
  EXPECT_EQ(answer->destination, question->source);
}

TEST(Neighbour, MistakesOfTheCardAreNamed) {
  EXPECT_EQ(wrong(solicitation(64, [](Bytes&) {})),
            "neighbour discovery with another hop limit than 255");
  EXPECT_EQ(wrong(solicitation(255, [](Bytes& m) { m[23] = std::byte{8}; })),
            "a solicitation goes to another group than its target's");
  EXPECT_EQ(wrong(solicitation(255, [](Bytes& m) { m.resize(24); })),
            "a solicitation without the link-layer address of its source");
  EXPECT_EQ(wrong(solicitation(255, [](Bytes& m) { m[31] = std::byte{7}; })),
            "a solicitation with another link-layer address than the frame's");
  Bytes frame = solicitation(255, [](Bytes&) {});
  frame[5] = std::byte{8};
  EXPECT_EQ(wrong(frame), "a solicitation goes to another group than its target's");
  frame = solicitation(255, [](Bytes&) {});
  frame[60] ^= std::byte{1};
  EXPECT_EQ(wrong(frame), "the ICMPv6 checksum is wrong");
}

TEST(Neighbour, OtherFramesAreNone) {
  const Segment segment{.source = *parse_address("2001:db8::1"),
                        .destination = *parse_address("2001:db8::2"),
                        .options = {},
                        .payload = {}};
  EXPECT_FALSE(is_neighbour(encode(segment, kCard, kRemote)));
  EXPECT_FALSE(is_neighbour(Bytes(60)));
}

TEST(Tag, IsPutInAndTakenOut) {
  Bytes frame = solicitation(255, [](Bytes&) {});
  const Bytes plain = frame;
  EXPECT_EQ(take_tag(frame), std::nullopt);
  add_tag(frame, 0x2005);
  EXPECT_EQ(frame.size(), plain.size() + 4);
  EXPECT_EQ(get(frame, 12, 4), 0x81002005U);
  EXPECT_FALSE(is_neighbour(frame));
  EXPECT_EQ(take_tag(frame), 0x2005);
  EXPECT_EQ(frame, plain);
}

TEST(Address, IsTheHosts) {
  EXPECT_EQ(host_address(*parse_address("192.0.2.1")), host::IpAddress(0xC0000201));
  EXPECT_EQ(host_address(*parse_address("2001:db8::5")),
            host::IpAddress::ipv6({0x20010DB8, 0, 0, 5}));
}

}  // namespace
}  // namespace millrace::script
