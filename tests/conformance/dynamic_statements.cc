// SPDX-License-Identifier: Apache-2.0
// Statements about the dynamic flow, connecting and combinators: 121 126 127 141 144.

#include "flow/context.h"
#include "flow/copy.h"
#include "flow/memory_flow.h"
#include "tests/conformance/suite.h"

namespace millrace::flow::conformance {
namespace {

// A flow that the library does not know, with operations of its own type: tasks. It counts what
// passes.
class CountingFlow {
 public:
  explicit CountingFlow(AnyFlow below) : below_(std::move(below)) {}

  Task<Result<ReadResult>> read(const OpOptions& options) {
    auto result = co_await below_.read(options);
    if (result && !result->eof()) read_ += result->data().size();
    co_return result;
  }
  Task<Result<std::size_t>> read_into(MutableBytes space, const OpOptions& options) {
    co_return co_await below_.read_into(space, options);
  }
  Result<ReadResult> try_read() { return below_.try_read(); }
  auto write(ConstBytes bytes, const OpOptions& options) { return below_.write(bytes, options); }
  auto write(TxBuffer&& owned, const OpOptions& options) {
    return below_.write(std::move(owned), options);
  }
  auto writev(std::span<const ConstBytes> pieces, const OpOptions& options) {
    return below_.writev(pieces, options);
  }
  Task<void> shutdown(Direction direction) { co_await below_.shutdown(direction); }
  auto close(const CloseOptions& options) { return below_.close(options); }
  void abort() noexcept { below_.abort(); }
  std::string_view name() const { return "counting"; }
  Endpoint local() const { return below_.local(); }
  Endpoint peer() const { return below_.peer(); }
  EventLoop& loop() const { return below_.loop(); }
  AnyFlow& lower() { return below_; }
  std::size_t read_count() const { return read_; }

 private:
  AnyFlow below_;
  std::size_t read_ = 0;
};
static_assert(Flow<CountingFlow>);

}  // namespace

TEST_P(FlowConformance, S121_AnyTypeThatModelsTheConceptCanBeWrapped) {
  ASSERT_TRUE(connect());
  AnyFlow wrapped{CountingFlow(std::move(near()))};
  EXPECT_EQ(wrapped.name(), "counting");
  write(wrapped, "out");
  EXPECT_EQ(read_bytes(far(), 3), "out");
  auto read = start_read(wrapped);
  EXPECT_TRUE(pending(read));
  write(far(), "in");
  ASSERT_TRUE(completes(read));
  EXPECT_EQ(read.value()->data().text(), "in");
  auto* counting = wrapped.cast<CountingFlow>();
  ASSERT_NE(counting, nullptr);
  EXPECT_EQ(counting->read_count(), 2U);
  EXPECT_EQ(wrapped.cast<int>(), nullptr);
  EXPECT_EQ(to_string(wrapped.local()), to_string(counting->lower().local()));
  auto closing = start_close(wrapped);
  EXPECT_TRUE(reads_eof(far()));
  const auto error = write_error(wrapped);
  ASSERT_TRUE(error) << "closed survives the layers (45)";
  EXPECT_EQ(error->code, Errc::kClosed);
}

TEST_P(FlowConformance, S126_UnregisteredProtocolNamesOperationAndProtocol) {
  Context context;
  context.add("mem", memory_protocol(loop()));
  Started<Result<AnyFlow>> connected(loop(), [&] { return context.connect("quic://a:1"); });
  ASSERT_TRUE(at_once(connected));
  ASSERT_FALSE(connected.value());
  EXPECT_EQ(connected.value().error().code, Errc::kNotSupported);
  EXPECT_EQ(to_string(connected.value().error()), "connect: not supported: protocol 'quic'");
  Started<Result<std::unique_ptr<Listener>>> listening(
      loop(), [&] { return context.listen("unix:/run/x"); });
  ASSERT_TRUE(at_once(listening));
  ASSERT_FALSE(listening.value());
  EXPECT_EQ(listening.value().error().code, Errc::kNotSupported);
  EXPECT_EQ(to_string(listening.value().error()), "listen: not supported: protocol 'unix'");
}

TEST_P(FlowConformance, S127_FailuresToConnectAndListenAreValues) {
  Context context;
  context.add("mem", memory_protocol(loop()));
  Started<Result<AnyFlow>> nobody(loop(), [&] { return context.connect("mem:nobody"); });
  ASSERT_TRUE(at_once(nobody));
  ASSERT_FALSE(nobody.value());
  EXPECT_EQ(nobody.value().error().code, Errc::kRefused);
  Started<Result<AnyFlow>> nonsense(loop(), [&] { return context.connect("nonsense"); });
  ASSERT_TRUE(at_once(nonsense));
  ASSERT_FALSE(nonsense.value());
  EXPECT_EQ(nonsense.value().error().code, Errc::kInvalidArgument);
  EXPECT_NE(to_string(nonsense.value().error()).find("no scheme"), std::string::npos);
  if (const auto error = backend().refused()) {
    EXPECT_EQ(error->code, Errc::kRefused) << to_string(*error);
    EXPECT_NE(to_string(*error).find("connection attempt was refused"), std::string::npos);
  }
}

TEST_P(FlowConformance, S141_CopyMovesEverythingAndCounts) {
  ASSERT_TRUE(connect());
  const std::string sent = pattern(bulk(400'000), 141);
  std::string sink_text;
  AnyFlow sink(memory_sink(loop(), sink_text));
  Started<CopyResult> copying(loop(), [&] { return flow::copy(near(), sink); });
  auto written = start_write(far(), sent);
  ASSERT_TRUE(completes(written));
  EXPECT_TRUE(pending(copying));
  auto far_closed = start_close(far());
  ASSERT_TRUE(completes(copying));
  const CopyResult& result = copying.value();
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.stats.read_bytes, sent.size());
  EXPECT_EQ(result.stats.write_bytes, sent.size());
  EXPECT_GE(result.stats.read_ops, 1U);
  EXPECT_EQ(result.stats.read_ops, result.stats.write_ops);
  EXPECT_FALSE(to_string(result.stats).empty());
  EXPECT_TRUE(sink_text == sent);
  EXPECT_FALSE(write_error(near())) << "copy closes nothing (143)";

  std::string small_text;
  AnyFlow small(memory_sink(loop(), small_text, 10));
  AnyFlow source(memory_source(loop(), {"", "more than ", "ten bytes"}));
  Started<CopyResult> failing(loop(), [&] { return flow::copy(source, small); });
  ASSERT_TRUE(completes(failing));
  EXPECT_FALSE(failing.value().read_error);
  ASSERT_TRUE(failing.value().write_error) << "the error says which side";
  EXPECT_EQ(failing.value().write_error->code, Errc::kClosed);
}

TEST_P(FlowConformance, S144_ProxyForwardsTheEndOfOneDirectionOnly) {
  ASSERT_TRUE(connect());
  AnyFlow left_far = std::move(far());
  AnyFlow left = std::move(near());
  ASSERT_TRUE(connect());
  AnyFlow& right = near();
  Started<ProxyResult> proxying(loop(), [&] { return proxy(left, right); });
  write(left_far, "to the right");
  EXPECT_EQ(read_bytes(far(), 12), "to the right");
  auto left_closed = start_close(left_far);
  EXPECT_TRUE(reads_eof(far()));
  EXPECT_FALSE(proxying.done());
  write(far(), "and back");
  EXPECT_EQ(read_bytes(left_far, 8), "and back");
  auto right_closed = start_close(far());
  EXPECT_TRUE(reads_eof(left_far));
  ASSERT_TRUE(completes(proxying));
  EXPECT_TRUE(proxying.value().ok());
  EXPECT_EQ(proxying.value().a_to_b.stats.write_bytes, 12U);
  EXPECT_EQ(proxying.value().b_to_a.stats.write_bytes, 8U);
}

}  // namespace millrace::flow::conformance
