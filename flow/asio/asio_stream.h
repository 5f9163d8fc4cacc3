// SPDX-License-Identifier: Apache-2.0
// A flow as Asio's AsyncReadStream and AsyncWriteStream, so that Beast, asio::ssl and anything else
// written for them runs on a flow of the card. One operation costs one coroutine frame; the data
// path proper is the flow's.

#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include "flow/asio/asio_source.h"
#include "flow/flow.h"

namespace millrace::flow {

/// The code that Asio's own sockets would give: errno's values, operation_aborted for kCancelled.
boost::system::error_code to_asio(const Error& error);

/// Borrows the flow and the source, which must belong to the same loop and outlive the stream.
/// Completion handlers run in turns of the loop, never inside the initiating call. Asio's
/// cancellation slots end an operation with operation_aborted; a cancelled read takes nothing from
/// the stream. `deadline_us` bounds every operation.
template <Flow F>
class AsioStream {
 public:
  using executor_type = boost::asio::io_context::executor_type;
  using next_layer_type = F;
  using lowest_layer_type = AsioStream;  // for asio::ssl::stream

  AsioStream(F& flow, AsioSource& source) : flow_(&flow), source_(&source) {}

  executor_type get_executor() const noexcept { return source_->context().get_executor(); }
  next_layer_type& next_layer() { return *flow_; }
  const next_layer_type& next_layer() const { return *flow_; }
  lowest_layer_type& lowest_layer() { return *this; }
  const lowest_layer_type& lowest_layer() const { return *this; }

  /// For all operations started from now on; kNever: none. On the loop's clock.
  void expires_at(std::uint64_t deadline_us) { deadline_us_ = deadline_us; }

  /// Reads into the first buffer that is not empty. The end of the stream is asio::error::eof.
  template <class Buffers, class Token = boost::asio::default_completion_token_t<executor_type>>
  auto async_read_some(const Buffers& buffers, Token&& token = Token()) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, MutableBytes space) {
          const auto slot = boost::asio::get_associated_cancellation_slot(handler);
          const OpOptions options = options_for(slot);
          spawn(read_task(*flow_, get_executor(), space, options, std::move(handler)));
        },
        token, first_of(buffers));
  }

  /// Writes all buffers as one unit (which AsyncWriteStream allows) and completes when the flow has
  /// accepted them.
  template <class Buffers, class Token = boost::asio::default_completion_token_t<executor_type>>
  auto async_write_some(const Buffers& buffers, Token&& token = Token()) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, std::vector<ConstBytes> pieces) {
          const auto slot = boost::asio::get_associated_cancellation_slot(handler);
          const OpOptions options = options_for(slot);
          spawn(write_task(*flow_, get_executor(), std::move(pieces), options, std::move(handler)));
        },
        token, pieces_of(buffers));
  }

 private:
  template <class Buffers>
  static MutableBytes first_of(const Buffers& buffers) {
    for (auto at = boost::asio::buffer_sequence_begin(buffers);
         at != boost::asio::buffer_sequence_end(buffers); ++at) {
      const boost::asio::mutable_buffer buffer(*at);
      if (buffer.size() != 0) return {static_cast<std::byte*>(buffer.data()), buffer.size()};
    }
    return {};
  }
  template <class Buffers>
  static std::vector<ConstBytes> pieces_of(const Buffers& buffers) {
    std::vector<ConstBytes> pieces;
    for (auto at = boost::asio::buffer_sequence_begin(buffers);
         at != boost::asio::buffer_sequence_end(buffers); ++at) {
      const boost::asio::const_buffer buffer(*at);
      if (buffer.size() != 0) {
        pieces.emplace_back(static_cast<const std::byte*>(buffer.data()), buffer.size());
      }
    }
    return pieces;
  }

  template <class Slot>
  OpOptions options_for(Slot slot) const {
    OpOptions options;
    options.deadline_us = deadline_us_;
    if (slot.is_connected()) {
      auto stop = std::make_shared<std::stop_source>();
      options.stop = stop->get_token();
      slot.assign([stop](boost::asio::cancellation_type) { stop->request_stop(); });
    }
    return options;
  }

  void spawn(Task<void> task) { source_->loop().spawn(std::move(task)); }

  template <class Handler>
  static Task<void> read_task(F& flow, executor_type executor, MutableBytes space,
                              OpOptions options, Handler handler) {
    Result<std::size_t> got = co_await flow.read_into(space, options);
    boost::system::error_code code;
    if (!got) {
      code = to_asio(got.error());
    } else if (*got == 0 && !space.empty()) {
      code = boost::asio::error::eof;
    }
    finish(executor, std::move(handler), code, got.value_or(0));
  }

  template <class Handler>
  static Task<void> write_task(F& flow, executor_type executor, std::vector<ConstBytes> pieces,
                               OpOptions options, Handler handler) {
    std::size_t total = 0;
    for (const ConstBytes piece : pieces) total += piece.size();
    boost::system::error_code code;
    if (Result<void> written = co_await flow.writev(pieces, options); !written) {
      code = to_asio(written.error());
      total = static_cast<std::size_t>(written.error().transferred);
    }
    finish(executor, std::move(handler), code, total);
  }

  template <class Handler>
  static void finish(const executor_type& executor, Handler&& handler,
                     boost::system::error_code code, std::size_t count) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) slot.clear();
    const auto where = boost::asio::get_associated_executor(handler, executor);
    boost::asio::post(where, [handler = std::forward<Handler>(handler), code, count]() mutable {
      std::move(handler)(code, count);
    });
  }

  F* flow_;
  AsioSource* source_;
  std::uint64_t deadline_us_ = kNever;
};

}  // namespace millrace::flow
