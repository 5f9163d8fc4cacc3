// SPDX-License-Identifier: Apache-2.0
// The HTTP client.

#include "flow/cli/http_client.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <vector>

#include "flow/asio/asio_await.h"
#include "flow/asio/asio_stream.h"

namespace millrace::flow::cli {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kPieceBytes = 64 << 10;

http::request<http::empty_body> request_for(http::verb verb, const Url& url) {
  http::request<http::empty_body> request(verb, url.target, 11);
  request.set(http::field::host, url.authority);
  request.set(http::field::user_agent, "millrace");
  request.set(http::field::connection, "close");
  return request;
}

Outcome broken(const boost::system::error_code& code) {
  const bool timed_out = code == boost::asio::error::timed_out;
  return {timed_out ? ExitCode::kTimedOut : ExitCode::kReset, "http: " + code.message()};
}

template <class Parser>
Outcome judge(const Parser& parser) {
  if (parser.get().result_int() < 400) return {};
  return {ExitCode::kHttp, fmt::format("http: the server answered {} {}", parser.get().result_int(),
                                       std::string_view(parser.get().reason()))};
}

Task<boost::system::error_code> send_header(AsioStream<AnyFlow>& stream, EventLoop& loop,
                                            http::request<http::empty_body> request) {
  http::request_serializer<http::empty_body> serializer(request);
  const auto [code, count] = co_await asio_await(loop, [&](auto handler) {
    http::async_write_header(stream, serializer, std::move(handler));
  });
  co_return code;
}

}  // namespace

std::optional<Url> parse_url(const std::string& text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  Url url;
  std::string_view rest = std::string_view(text).substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos) url.target = rest.substr(slash);
  rest = rest.substr(0, slash);
  url.authority = rest;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    url.host = rest.substr(1, end - 1);
    rest = rest.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return std::nullopt;
  } else {
    url.host = rest.substr(0, rest.find(':'));
    rest = rest.substr(url.host.size());
  }
  if (!rest.empty()) {
    const std::string_view port = rest.substr(1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  }
  if (url.host.empty() || url.target.find_first_of(" \r\n") != std::string::npos)
    return std::nullopt;
  return url;
}

Task<Outcome> http_get(AnyFlow& flow, AsioSource& source, Url url, std::FILE* file,
                       Progress progress) {
  EventLoop& loop = source.loop();
  AsioStream<AnyFlow> stream(flow, source);
  if (auto failed = co_await send_header(stream, loop, request_for(http::verb::get, url)); failed) {
    co_return broken(failed);
  }
  boost::beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(boost::none);
  const auto [code, count] = co_await asio_await(loop, [&](auto handler) {
    http::async_read_header(stream, buffer, parser, std::move(handler));
  });
  if (code) co_return broken(code);
  if (Outcome bad = judge(parser); bad.code != ExitCode::kDone) co_return bad;
  const std::uint64_t total = parser.content_length().value_or(0);
  std::uint64_t done = 0;
  std::vector<char> piece(kPieceBytes);
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    const auto [failed, unused] = co_await asio_await(
        loop, [&](auto handler) { http::async_read(stream, buffer, parser, std::move(handler)); });
    if (failed && failed != http::error::need_buffer) co_return broken(failed);
    const std::size_t got = piece.size() - parser.get().body().size;
    if (std::fwrite(piece.data(), 1, got, file) != got) {
      co_return Outcome(ExitCode::kFile, "cannot write the output");
    }
    done += got;
    if (progress) progress(done, total);
  }
  if (std::fflush(file) != 0) co_return Outcome(ExitCode::kFile, "cannot write the output");
  co_return Outcome();
}

Task<Outcome> http_put(AnyFlow& flow, AsioSource& source, Url url, std::FILE* file,
                       std::uint64_t size, Progress progress) {
  EventLoop& loop = source.loop();
  AsioStream<AnyFlow> stream(flow, source);
  auto request = request_for(http::verb::put, url);
  request.content_length(size);
  if (auto failed = co_await send_header(stream, loop, std::move(request)); failed) {
    co_return broken(failed);
  }
  std::vector<std::byte> piece(kPieceBytes);
  for (std::uint64_t done = 0; done < size;) {
    const std::size_t got =
        std::fread(piece.data(), 1, std::min<std::uint64_t>(size - done, piece.size()), file);
    if (got == 0) co_return Outcome(ExitCode::kFile, "cannot read the input");
    const ConstBytes bytes(piece.data(), got);
    if (Result<void> written = co_await flow.write(bytes); !written) {
      co_return Outcome(written.error());
    }
    done += got;
    if (progress) progress(done, size);
  }
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  const auto [code, count] = co_await asio_await(
      loop, [&](auto handler) { http::async_read(stream, buffer, parser, std::move(handler)); });
  if (code) co_return broken(code);
  co_return judge(parser);
}

}  // namespace millrace::flow::cli
