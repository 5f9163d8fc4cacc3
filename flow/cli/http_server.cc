// SPDX-License-Identifier: Apache-2.0
// The HTTP server. Headers go through Beast; file contents go straight between file and flow.

#include "flow/cli/http_server.h"

#include <unistd.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/asio/asio_await.h"
#include "flow/asio/asio_stream.h"
#include "flow/cli/files.h"
#include "flow/cli/http_range.h"

namespace millrace::flow::cli {
namespace {

namespace fs = std::filesystem;
namespace http = boost::beast::http;

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr std::uint64_t kSilenceUs = 60'000'000;
constexpr std::uint64_t kCloseUs = 10'000'000;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
File open_file(const fs::path& path, const char* mode) {
  return File(std::fopen(path.c_str(), mode), &std::fclose);
}

using Parser = http::request_parser<http::buffer_body>;

// Range is for GET alone (RFC 9110 14.2). If-Range never holds here, as no answer has a validator.
HttpRange wanted_range(const Parser& parser, bool head, std::uint64_t size) {
  const bool ignored = head || parser.get().count(http::field::if_range) != 0 ||
                       parser.get().count(http::field::range) > 1;
  const std::string_view field = parser.get()[http::field::range];
  return range_of(ignored ? std::string_view() : field, size);
}

std::string content_range(const HttpRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" +
         std::to_string(range.first + range.count - 1) + "/" + std::to_string(size);
}

// One connection.
class Exchange {
 public:
  Exchange(AnyFlow& flow, AsioSource& source, fs::path root, HttpFigures& figures)
      : flow_(flow),
        loop_(source.loop()),
        stream_(flow, source),
        root_(std::move(root)),
        figures_(figures) {}

  /// Answers one request; false when the connection is over.
  Task<bool> next();

 private:
  using Header = http::response<http::empty_body>;

  Task<bool> get(const Parser& parser, bool head);
  Task<bool> put(Parser& parser);
  Task<bool> receive_body(Parser& parser, std::FILE* file);
  Task<bool> send_header(http::response<http::empty_body> header);
  Task<bool> answer(const Parser& parser, http::status status, std::string text,
                    std::string content_range = {});
  Header header_for(const Parser& parser, http::status status) const;
  void lose_interest() { stream_.expires_at(loop_.in_us(kSilenceUs)); }

  AnyFlow& flow_;
  EventLoop& loop_;
  AsioStream<AnyFlow> stream_;
  boost::beast::flat_buffer buffer_;
  fs::path root_;
  HttpFigures& figures_;
};

Exchange::Header Exchange::header_for(const Parser& parser, http::status status) const {
  Header header(status, parser.get().version());
  header.set(http::field::server, "millrace");
  header.keep_alive(parser.get().keep_alive());
  return header;
}

Task<bool> Exchange::send_header(http::response<http::empty_body> header) {
  http::response_serializer<http::empty_body> serializer(header);
  const auto [code, count] = co_await asio_await(loop_, [&](auto handler) {
    http::async_write_header(stream_, serializer, std::move(handler));
  });
  co_return !code;
}

Task<bool> Exchange::answer(const Parser& parser, http::status status, std::string text,
                            std::string content_range) {
  http::response<http::string_body> response(status, parser.get().version(), std::move(text));
  response.set(http::field::server, "millrace");
  response.set(http::field::content_type, "text/plain");
  if (!content_range.empty()) response.set(http::field::content_range, content_range);
  // Of a refused upload the body was not read: what follows is no request.
  const bool more =
      parser.get().keep_alive() && (parser.is_done() || status < http::status::bad_request);
  response.keep_alive(more);
  response.prepare_payload();
  const auto [code, count] = co_await asio_await(
      loop_, [&](auto handler) { http::async_write(stream_, response, std::move(handler)); });
  co_return more && !code;
}

Task<bool> Exchange::get(const Parser& parser, bool head) {
  std::optional<fs::path> path = path_of_target(root_, parser.get().target());
  if (!path) co_return co_await answer(parser, http::status::bad_request, "bad target\n");
  std::error_code failed;
  if (fs::is_directory(*path, failed)) *path /= "index.html";
  File file = open_file(*path, "rb");
  const std::uintmax_t size = fs::file_size(*path, failed);
  if (!file || failed) {
    co_return co_await answer(parser, http::status::not_found, "no such file\n");
  }
  const HttpRange range = wanted_range(parser, head, size);
  if (range.kind == HttpRange::Kind::kUnsatisfiable) {
    co_return co_await answer(parser, http::status::range_not_satisfiable, "no such range\n",
                              "bytes */" + std::to_string(size));
  }
  const bool part = range.kind == HttpRange::Kind::kPart;
  Header header = header_for(parser, part ? http::status::partial_content : http::status::ok);
  header.set(http::field::content_type, content_type(*path));
  header.set(http::field::accept_ranges, "bytes");
  if (part) header.set(http::field::content_range, content_range(range, size));
  header.content_length(range.count);
  const bool more = header.keep_alive();
  if (::fseeko(file.get(), static_cast<off_t>(range.first), SEEK_SET) != 0) co_return false;
  if (!co_await send_header(std::move(header))) co_return false;
  std::vector<std::byte> piece(head ? 0 : kPieceBytes);
  for (std::uint64_t left = head ? 0 : range.count; left > 0;) {
    const std::size_t got =
        std::fread(piece.data(), 1, std::min<std::uint64_t>(left, piece.size()), file.get());
    if (got == 0) co_return false;  // the file shrank: only breaking off tells the client
    OpOptions options;
    options.deadline_us = loop_.in_us(kSilenceUs);
    const ConstBytes bytes(piece.data(), got);
    if (!co_await flow_.write(bytes, options)) co_return false;
    left -= got;
    figures_.bytes_sent += got;
  }
  co_return more;
}

Task<bool> Exchange::receive_body(Parser& parser, std::FILE* file) {
  std::vector<char> piece(kPieceBytes);
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    lose_interest();
    const auto [code, count] = co_await asio_await(loop_, [&](auto handler) {
      http::async_read(stream_, buffer_, parser, std::move(handler));
    });
    if (code && code != http::error::need_buffer) co_return false;
    const std::size_t got = piece.size() - parser.get().body().size;
    if (std::fwrite(piece.data(), 1, got, file) != got) co_return false;
    figures_.bytes_received += got;
  }
  co_return std::fflush(file) == 0;
}

// The file appears under its name when it is complete.
Task<bool> Exchange::put(Parser& parser) {
  const std::optional<fs::path> path = path_of_target(root_, parser.get().target());
  std::error_code failed;
  if (!path || path->filename().empty() || fs::is_directory(*path, failed)) {
    co_return co_await answer(parser, http::status::bad_request, "bad target\n");
  }
  const bool existed = fs::exists(*path, failed);
  std::string temporary = path->string() + ".XXXXXX";
  const int descriptor = ::mkstemp(temporary.data());
  File file(descriptor < 0 ? nullptr : ::fdopen(descriptor, "wb"), &std::fclose);
  if (!file) co_return co_await answer(parser, http::status::forbidden, "cannot write there\n");
  if (parser.get()[http::field::expect] == "100-continue") {
    Header header(http::status::continue_, parser.get().version());
    if (!co_await send_header(std::move(header))) {
      fs::remove(temporary, failed);
      co_return false;
    }
  }
  const bool whole = co_await receive_body(parser, file.get());
  file.reset();
  if (whole) fs::rename(temporary, *path, failed);
  if (!whole || failed) {
    fs::remove(temporary, failed);
    ++figures_.failed;
    co_return false;
  }
  const http::status status = existed ? http::status::no_content : http::status::created;
  co_return co_await answer(parser, status, existed ? "" : "created\n");
}

Task<bool> Exchange::next() {
  Parser parser;
  parser.body_limit(boost::none);
  lose_interest();
  const auto [code, count] = co_await asio_await(loop_, [&](auto handler) {
    http::async_read_header(stream_, buffer_, parser, std::move(handler));
  });
  if (code == http::error::end_of_stream) co_return false;
  if (code) {
    ++figures_.failed;
    const bool malformed =
        code.category() == http::make_error_code(http::error::bad_method).category();
    if (malformed) co_await answer(parser, http::status::bad_request, "not HTTP\n");
    co_return false;
  }
  ++figures_.requests;
  switch (parser.get().method()) {
    case http::verb::get:
      co_return co_await get(parser, false);
    case http::verb::head:
      co_return co_await get(parser, true);
    case http::verb::put:
      co_return co_await put(parser);
    default:
      co_return co_await answer(parser, http::status::method_not_allowed, "GET, HEAD and PUT\n");
  }
}

}  // namespace

Task<void> serve_http(AnyFlow flow, AsioSource& source, fs::path root, HttpFigures& figures) {
  {
    Exchange exchange(flow, source, std::move(root), figures);
    bool more = true;
    while (more) more = co_await exchange.next();
  }
  CloseOptions options;
  options.unread = Unread::kDrain;
  options.deadline_us = flow.loop().in_us(kCloseUs);
  co_await flow.close(options);
}

}  // namespace millrace::flow::cli
