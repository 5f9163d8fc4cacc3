// SPDX-License-Identifier: Apache-2.0
// The judge of streams: what it must not let pass.

#include "sim/world/streams.h"

#include <gtest/gtest.h>

#include <vector>

namespace millrace::sim::world {
namespace {

flow::Endpoint at(std::uint16_t port) { return flow::Endpoint::network("toe", "10.0.0.1", port); }

class StreamsTest : public testing::Test {
 protected:
  // What `sender` sends, from `offset`; counted as sent.
  std::vector<std::byte> sent(End& sender, std::uint64_t offset, std::size_t count) {
    std::vector<std::byte> bytes(count);
    Streams::fill(sender, offset, bytes);
    sender.offered = std::max<std::uint64_t>(sender.offered, offset + count);
    sender.accepted = sender.offered;
    return bytes;
  }

  Streams streams_;
  End& a_ = streams_.add(0, true, at(1), at(2));
  End& b_ = streams_.add(1, false, at(2), at(1));
  End& stranger_ = streams_.add(1, false, at(3), at(1));
};

TEST_F(StreamsTest, TakesWhatWasSent) {
  EXPECT_EQ(streams_.receive(b_, sent(a_, 0, 3)), "");
  EXPECT_EQ(streams_.receive(b_, sent(a_, 3, 100)), "");
  EXPECT_EQ(streams_.receive(b_, sent(a_, 103, 1)), "");
  EXPECT_EQ(streams_.receive(a_, sent(b_, 0, 50)), "");
  a_.finished = true;
  EXPECT_EQ(streams_.receive_eof(b_), "");
  EXPECT_EQ(b_.received, 104u);
  EXPECT_EQ(streams_.peer_of(a_), &b_);
}

TEST_F(StreamsTest, KnowsWhichPeerWasEarlier) {
  EXPECT_EQ(streams_.peer_of(a_), &b_);
  EXPECT_EQ(streams_.receive(b_, sent(a_, 0, 20)), "");
  const End& again = streams_.add(0, true, at(1), at(2));
  EXPECT_EQ(streams_.peer_of(again), nullptr);
  const End& accepted = streams_.add(1, false, at(2), at(1));
  EXPECT_EQ(streams_.peer_of(again), &accepted);
}

TEST_F(StreamsTest, FindsAWrongByte) {
  auto bytes = sent(a_, 0, 100);
  bytes[99] ^= std::byte{1};
  EXPECT_NE(streams_.receive(b_, bytes).find("wrong byte at offset 99"), std::string::npos);
}

TEST_F(StreamsTest, FindsAGapAndARepetition) {
  EXPECT_EQ(streams_.receive(b_, sent(a_, 0, 20)), "");
  EXPECT_NE(streams_.receive(b_, sent(a_, 21, 20)), "");
  Streams again;
  End& sender = again.add(0, true, at(1), at(2));
  End& receiver = again.add(1, false, at(2), at(1));
  EXPECT_EQ(again.receive(receiver, sent(sender, 0, 20)), "");
  sender.offered = 100;
  EXPECT_NE(again.receive(receiver, sent(sender, 10, 20)), "");
}

TEST_F(StreamsTest, FindsBytesThatNobodySent) {
  const auto bytes = sent(a_, 0, 100);
  a_.offered = 99;
  EXPECT_NE(streams_.receive(b_, bytes).find("only 99 were sent"), std::string::npos);
}

TEST_F(StreamsTest, FindsAnotherConnectionsStream) {
  EXPECT_NE(streams_.receive(stranger_, sent(a_, 0, 20)).find("not connected"), std::string::npos);
  const std::vector<std::byte> noise(20, std::byte{0xEE});
  EXPECT_NE(streams_.receive(b_, noise).find("nobody sends"), std::string::npos);
}

TEST_F(StreamsTest, FindsAStreamThatArrivesTwice) {
  End& second = streams_.add(1, false, at(2), at(1));
  EXPECT_EQ(streams_.receive(b_, sent(a_, 0, 20)), "");
  EXPECT_NE(streams_.receive(second, sent(a_, 0, 20)).find("received before"), std::string::npos);
}

TEST_F(StreamsTest, FindsAnEndThatNobodyMade) {
  EXPECT_EQ(streams_.receive(b_, sent(a_, 0, 20)), "");
  EXPECT_NE(streams_.receive_eof(b_), "") << "not finished";
  EXPECT_NE(streams_.receive_eof(stranger_), "");
  End& early = streams_.add(0, true, at(5), at(6));
  End& reader = streams_.add(1, false, at(6), at(5));
  EXPECT_EQ(streams_.receive(reader, sent(early, 0, 20)), "");
  early.finished = true;
  early.accepted = early.offered = 21;
  EXPECT_NE(streams_.receive_eof(reader), "") << "one byte is missing";
}

}  // namespace
}  // namespace millrace::sim::world
