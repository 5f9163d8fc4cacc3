// SPDX-License-Identifier: Apache-2.0
// Kernel sockets as flows: both families, refused connections, half-close, reset, stop.

#include "flow/asio/socket_flow.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

namespace millrace::flow {
namespace {

class SocketFlowTest : public testing::TestWithParam<const char*> {
 protected:
  SocketFlowTest() { source_.attach(loop_); }
  Endpoint listen_at() const {
    if (std::string_view(GetParam()) == "tcp") return Endpoint::network("tcp", "127.0.0.1", 0);
    return Endpoint::named("unix", "/tmp/millrace-socket-test-" + std::to_string(::getpid()));
  }

  // A connected pair: first the end that connected.
  std::pair<SocketFlow, SocketFlow> make_pair() {
    auto listener = SocketListener::open(source_, listen_at());
    EXPECT_TRUE(listener) << listener.error();
    auto both =
        [](AsioSource& source,
           SocketListener& listener) -> Task<std::pair<Result<SocketFlow>, Result<SocketFlow>>> {
      Result<SocketFlow> active = co_await connect_socket(source, listener.local());
      Result<SocketFlow> passive = co_await listener.accept();
      co_return std::pair(std::move(active), std::move(passive));
    };
    auto ends = loop_.block_on(both(source_, **listener));
    EXPECT_TRUE(ends) << ends.error();
    EXPECT_TRUE(ends->first) << ends->first.error();
    EXPECT_TRUE(ends->second) << ends->second.error();
    return {std::move(*ends->first), std::move(*ends->second)};
  }

  WallClock clock_;
  AsioSource source_;
  EventLoop loop_{clock_};
};

Task<std::string> read_all(StreamFlow& flow) {
  std::string all;
  for (;;) {
    Result<ReadResult> got = co_await flow.read();
    if (!got || got->eof()) co_return all;
    all += got->data().text();
  }
}

Task<void> send(StreamFlow& flow, std::string text) {
  co_await flow.write(TxBuffer(std::move(text)));
  co_await flow.shutdown(Direction::kWrite);
}

TEST_P(SocketFlowTest, CarriesMegabytesBothWaysAtOnce) {
  auto [a, b] = make_pair();
  std::string out(3 << 20, 0);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(i * 7 + i / 251);
  std::string back(out.rbegin(), out.rend());
  loop_.spawn(send(a, out));
  loop_.spawn(send(b, back));
  auto receive = [](StreamFlow& x, StreamFlow& y) -> Task<std::pair<std::string, std::string>> {
    // One after the other would fill the sockets; spawned writers go on meanwhile.
    std::string first = co_await read_all(x);
    std::string second = co_await read_all(y);
    co_return std::pair(std::move(first), std::move(second));
  };
  auto got = loop_.block_on(receive(b, a));
  ASSERT_TRUE(got) << got.error();
  EXPECT_EQ(got->first, out);
  EXPECT_EQ(got->second, back);
}

TEST_P(SocketFlowTest, CloseWaitsForThePeerAndIsGraceful) {
  auto [a, b] = make_pair();
  auto run = [](StreamFlow& x, StreamFlow& y) -> Task<std::pair<CloseOutcome, std::string>> {
    co_await x.write(as_bytes("last words"));
    x.loop().spawn([](StreamFlow& peer) -> Task<void> { co_await peer.close(); }(y));
    CloseOutcome outcome = co_await x.close();
    std::string text = co_await read_all(y);
    co_return std::pair(outcome, std::move(text));
  };
  auto got = loop_.block_on(run(a, b));
  ASSERT_TRUE(got) << got.error();
  EXPECT_EQ(got->first, CloseOutcome::kGraceful);
  EXPECT_EQ(got->second, "last words");
}

TEST_P(SocketFlowTest, AcknowledgedLevelCompletes) {
  auto [a, b] = make_pair();
  auto run = [](StreamFlow& x) -> Task<Result<void>> {
    OpOptions options;
    options.level = Level::kAcked;
    co_return co_await x.write(as_bytes("x"), options);
  };
  auto got = loop_.block_on(run(a));
  EXPECT_TRUE(got) << got.error();
}

TEST_P(SocketFlowTest, AbortReachesThePeer) {
  auto [a, b] = make_pair();
  a.abort();
  auto run = [](StreamFlow& y) -> Task<Result<ReadResult>> { co_return co_await y.read(); };
  auto got = loop_.block_on(run(b));
  if (std::string_view(GetParam()) == "tcp") {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Errc::kConnectionReset);
  } else {
    EXPECT_TRUE(got && got->eof());  // a Unix socket knows no reset
  }
}

TEST_P(SocketFlowTest, AReadHasADeadlineAndTakesNothing) {
  auto [a, b] = make_pair();
  auto run = [](StreamFlow& x, StreamFlow& y) -> Task<Result<ReadResult>> {
    OpOptions options;
    options.deadline_us = x.loop().in_us(2'000);
    Result<ReadResult> none = co_await x.read(options);
    EXPECT_FALSE(none);
    EXPECT_EQ(none.error().code, Errc::kTimedOut);
    co_await y.write(as_bytes("late"));
    co_return co_await x.read();
  };
  auto got = loop_.block_on(run(a, b));
  ASSERT_TRUE(got) << got.error();
  EXPECT_EQ(got->data().text(), "late");
}

TEST_P(SocketFlowTest, NobodyListeningRefuses) {
  Endpoint nobody = listen_at();
  if (nobody.scheme == "tcp") nobody.port = 1;
  auto got = loop_.block_on(connect_socket(source_, nobody));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::kRefused) << got.error();
}

TEST_P(SocketFlowTest, StopEndsAnAccept) {
  auto listener = SocketListener::open(source_, listen_at());
  ASSERT_TRUE(listener) << listener.error();
  loop_.spawn([](EventLoop& loop, SocketListener& which) -> Task<void> {
    co_await loop.sleep_for(1'000);
    which.stop();
  }(loop_, **listener));
  auto got = loop_.block_on((*listener)->accept());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::kCancelled);
}

INSTANTIATE_TEST_SUITE_P(Families, SocketFlowTest, testing::Values("tcp", "unix"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace millrace::flow
