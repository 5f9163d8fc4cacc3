// SPDX-License-Identifier: Apache-2.0
// Beast and Asio's own composed operations on flows.

#include "flow/asio/asio_stream.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <string>

#include "flow/asio/socket_flow.h"

namespace millrace::flow {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

class AsioStreamTest : public testing::Test {
 protected:
  AsioStreamTest() {
    source_.attach(loop_);
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    const Endpoint here = Endpoint::named("unix", "here");
    a_ = SocketFlow::adopt(source_, ends[0], here, here);
    b_ = SocketFlow::adopt(source_, ends[1], here, here);
  }
  template <class F>
  void run_until(F done) {
    const auto ran = loop_.run_until(done, loop_.in_us(5'000'000));
    EXPECT_TRUE(ran) << ran.error();
  }

  WallClock clock_;
  AsioSource source_;
  EventLoop loop_{clock_};
  SocketFlow a_, b_;
};

TEST_F(AsioStreamTest, ComposedReadAndWriteMoveAMegabyte) {
  AsioStream<SocketFlow> left(a_, source_);
  AsioStream<SocketFlow> right(b_, source_);
  std::string out(1 << 20, 'x');
  for (std::size_t i = 0; i < out.size(); i += 3) out[i] = static_cast<char>(i);
  std::string in(out.size(), 0);
  std::size_t written = 0;
  std::size_t read = 0;
  asio::async_write(left, asio::buffer(out), [&](auto code, std::size_t n) {
    EXPECT_FALSE(code) << code.message();
    written = n;
  });
  asio::async_read(right, asio::buffer(in), [&](auto code, std::size_t n) {
    EXPECT_FALSE(code) << code.message();
    read = n;
  });
  run_until([&] { return written != 0 && read != 0; });
  EXPECT_EQ(written, out.size());
  EXPECT_EQ(in, out);
}

TEST_F(AsioStreamTest, TheEndOfTheStreamIsEof) {
  AsioStream<SocketFlow> right(b_, source_);
  a_.abort();
  std::string in(4, 0);
  bool done = false;
  right.async_read_some(asio::buffer(in), [&](auto code, std::size_t n) {
    EXPECT_EQ(code, asio::error::eof);
    EXPECT_EQ(n, 0U);
    done = true;
  });
  run_until([&] { return done; });
}

TEST_F(AsioStreamTest, ACancelledReadIsAbortedAndTakesNothing) {
  AsioStream<SocketFlow> left(a_, source_);
  AsioStream<SocketFlow> right(b_, source_);
  asio::cancellation_signal signal;
  std::string in(8, 0);
  bool cancelled = false;
  right.async_read_some(asio::buffer(in),
                        asio::bind_cancellation_slot(signal.slot(), [&](auto code, std::size_t) {
                          EXPECT_EQ(code, asio::error::operation_aborted);
                          cancelled = true;
                        }));
  loop_.run_for(1'000);
  EXPECT_FALSE(cancelled);
  signal.emit(asio::cancellation_type::total);
  run_until([&] { return cancelled; });

  std::size_t got = 0;
  asio::async_write(left, asio::buffer("later", 5), [](auto, std::size_t) {});
  right.async_read_some(asio::buffer(in), [&](auto, std::size_t n) { got = n; });
  run_until([&] { return got != 0; });
  EXPECT_EQ(in.substr(0, got), "later");
}

TEST_F(AsioStreamTest, ADeadlineEndsAnOperation) {
  AsioStream<SocketFlow> right(b_, source_);
  right.expires_at(loop_.in_us(1'000));
  std::string in(4, 0);
  boost::system::error_code seen;
  right.async_read_some(asio::buffer(in), [&](auto code, std::size_t) { seen = code; });
  run_until([&] { return seen.failed(); });
  EXPECT_EQ(seen, asio::error::timed_out);
}

TEST_F(AsioStreamTest, BeastExchangesARequestAndAResponse) {
  AsioStream<SocketFlow> client(a_, source_);
  AsioStream<SocketFlow> server(b_, source_);
  http::request<http::string_body> request(http::verb::put, "/x", 11, "hello");
  request.prepare_payload();
  http::request<http::string_body> seen;
  http::response<http::string_body> answer(http::status::ok, 11);
  http::response<http::string_body> got;
  boost::beast::flat_buffer client_buffer;
  boost::beast::flat_buffer server_buffer;
  bool done = false;
  http::async_write(client, request, [&](auto code, std::size_t) {
    EXPECT_FALSE(code) << code.message();
    http::async_read(client, client_buffer, got, [&](auto failed, std::size_t) {
      EXPECT_FALSE(failed) << failed.message();
      done = true;
    });
  });
  http::async_read(server, server_buffer, seen, [&](auto code, std::size_t) {
    EXPECT_FALSE(code) << code.message();
    answer.body() = seen.body() + " back";
    answer.prepare_payload();
    http::async_write(server, answer, [](auto failed, std::size_t) { EXPECT_FALSE(failed); });
  });
  run_until([&] { return done; });
  EXPECT_EQ(got.body(), "hello back");
}

}  // namespace
}  // namespace millrace::flow
