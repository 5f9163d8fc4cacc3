// SPDX-License-Identifier: Apache-2.0
// The dynamic flow: one type for every flow, chosen at run time. Any type that models Flow can be
// wrapped, without the library knowing it. An operation that completes at once costs one indirect
// call, one that waits costs two more; none allocates, unless the wrapped flow's own operation does
// or is larger than kOperationBytes.

#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "flow/flow.h"

namespace millrace::flow {
namespace internal {

inline constexpr std::size_t kOperationBytes = 640;

template <class T>
inline constexpr char kTypeMark = 0;
/// One address for each type: what cast() compares instead of RTTI.
template <class T>
const void* type_mark() {
  return &kTypeMark<T>;
}

/// void as a value.
struct Done {};

/// Room for any flow's awaiter of a T, and how to go on with it once it waits.
template <class T>
class OperationSlot {
 public:
  struct Table {
    bool (*suspend)(void*, std::coroutine_handle<>, std::coroutine_handle<>*);
    T (*resume)(void*);
    void (*destroy)(void*);
  };
  OperationSlot() = default;
  OperationSlot(const OperationSlot&) = delete;
  OperationSlot& operator=(const OperationSlot&) = delete;
  ~OperationSlot() {
    if (table_ != nullptr) table_->destroy(room_.data());
  }

  /// Makes the awaiter in place and starts it; its value if it is ready at once.
  template <class Make>
  std::optional<T> start(Make make) {
    using Held = Holder<decltype(make())>;
    Held* held = nullptr;
    if constexpr (sizeof(Held) <= kOperationBytes) {
      held = new (room_.data()) Held(make);
      table_ = &kInPlace<Held>;
    } else {
      held = new Held(make);
      new (room_.data()) Held*(held);
      table_ = &kOnHeap<Held>;
    }
    if (!held->awaiter.await_ready()) return std::nullopt;
    return std::optional<T>(value_of(*held));
  }
  /// False if the awaiter chose not to wait; `next` is the coroutine to go on with if it chose one.
  bool suspend(std::coroutine_handle<> handle, std::coroutine_handle<>* next) {
    return table_->suspend(room_.data(), handle, next);
  }
  T resume() { return table_->resume(room_.data()); }

 private:
  template <class Awaitable>
  struct Holder {
    template <class Make>
    explicit Holder(Make& make) : awaitable(make()), awaiter(get(awaitable)) {}
    static decltype(auto) get(Awaitable& a) {
      if constexpr (requires { std::move(a).operator co_await(); }) {
        return std::move(a).operator co_await();
      } else {
        return (a);
      }
    }
    Awaitable awaitable;
    decltype(get(std::declval<Awaitable&>())) awaiter;
  };
  template <class Held>
  static T value_of(Held& held) {
    if constexpr (std::is_void_v<decltype(held.awaiter.await_resume())>) {
      held.awaiter.await_resume();
      return T();
    } else {
      return held.awaiter.await_resume();
    }
  }
  template <class Held>
  static bool suspend_held(Held& held, std::coroutine_handle<> handle,
                           std::coroutine_handle<>* next) {
    using Returned = decltype(held.awaiter.await_suspend(handle));
    *next = nullptr;
    if constexpr (std::is_void_v<Returned>) {
      held.awaiter.await_suspend(handle);
      return true;
    } else if constexpr (std::is_same_v<Returned, bool>) {
      return held.awaiter.await_suspend(handle);
    } else {
      *next = held.awaiter.await_suspend(handle);
      return true;
    }
  }
  template <class Held>
  static constexpr Table kInPlace{
      [](void* room, std::coroutine_handle<> handle, std::coroutine_handle<>* next) {
        return suspend_held(*static_cast<Held*>(room), handle, next);
      },
      [](void* room) { return value_of(*static_cast<Held*>(room)); },
      [](void* room) { static_cast<Held*>(room)->~Held(); }};
  template <class Held>
  static constexpr Table kOnHeap{
      [](void* room, std::coroutine_handle<> handle, std::coroutine_handle<>* next) {
        return suspend_held(**static_cast<Held**>(room), handle, next);
      },
      [](void* room) { return value_of(**static_cast<Held**>(room)); },
      [](void* room) { delete *static_cast<Held**>(room); }};

  const Table* table_ = nullptr;
  alignas(std::max_align_t) std::array<std::byte, kOperationBytes> room_;
};

}  // namespace internal

class AnyFlow {
  template <class T>
  using Slot = internal::OperationSlot<T>;

  struct Concept {
    virtual ~Concept() = default;
    virtual std::optional<Result<ReadResult>> read(Slot<Result<ReadResult>>&, const OpOptions&) = 0;
    virtual std::optional<Result<std::size_t>> read_into(Slot<Result<std::size_t>>&, MutableBytes,
                                                         const OpOptions&) = 0;
    virtual Result<ReadResult> try_read() = 0;
    virtual std::optional<Result<void>> write(Slot<Result<void>>&, ConstBytes,
                                              const OpOptions&) = 0;
    virtual std::optional<Result<void>> write(Slot<Result<void>>&, TxBuffer&&,
                                              const OpOptions&) = 0;
    virtual std::optional<Result<void>> writev(Slot<Result<void>>&, std::span<const ConstBytes>,
                                               const OpOptions&) = 0;
    virtual std::optional<internal::Done> shutdown(Slot<internal::Done>&, Direction) = 0;
    virtual std::optional<CloseOutcome> close(Slot<CloseOutcome>&, const CloseOptions&) = 0;
    virtual void abort() noexcept = 0;
    virtual std::string_view name() const = 0;
    virtual Endpoint local() const = 0;
    virtual Endpoint peer() const = 0;
    virtual EventLoop& loop() const = 0;
    virtual void* find(const void* mark) = 0;
  };
  template <Flow F>
  struct Model;

  // Keeps its arguments until it starts; `start` is one indirect call.
  template <class T, class Start>
  class [[nodiscard]] Awaiter {
   public:
    explicit Awaiter(Start start) : start_(std::move(start)) {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    bool await_ready() {
      value_ = start_(slot_);
      return value_.has_value();
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> handle) {
      std::coroutine_handle<> next;
      if (!slot_.suspend(handle, &next)) return handle;
      if (next) return next;
      return std::noop_coroutine();
    }
    auto await_resume() {
      if constexpr (std::is_same_v<T, internal::Done>) {
        if (!value_) static_cast<void>(slot_.resume());
      } else {
        return value_ ? std::move(*value_) : slot_.resume();
      }
    }

   private:
    Start start_;
    std::optional<T> value_;
    Slot<T> slot_;
  };
  template <class T, class Start>
  static Awaiter<T, Start> awaiter(Start start) {
    return Awaiter<T, Start>(std::move(start));
  }

 public:
  /// No flow; only to be assigned to and destroyed.
  AnyFlow() = default;
  /// Takes the flow over. Allocates once.
  template <class F>
    requires(!std::same_as<F, AnyFlow> && Flow<F>)
  explicit AnyFlow(F flow) : self_(std::make_unique<Model<F>>(std::move(flow))) {}
  explicit operator bool() const { return self_ != nullptr; }

  auto read(const OpOptions& options) {
    return awaiter<Result<ReadResult>>(
        [self = self_.get(), options](auto& slot) { return self->read(slot, options); });
  }
  auto read_into(MutableBytes space, const OpOptions& options) {
    return awaiter<Result<std::size_t>>([self = self_.get(), space, options](auto& slot) {
      return self->read_into(slot, space, options);
    });
  }
  Result<ReadResult> try_read() { return self_->try_read(); }
  auto write(ConstBytes bytes, const OpOptions& options) {
    return awaiter<Result<void>>([self = self_.get(), bytes, options](auto& slot) {
      return self->write(slot, bytes, options);
    });
  }
  auto write(TxBuffer&& owned, const OpOptions& options) {
    return awaiter<Result<void>>(
        [self = self_.get(), owned = std::move(owned), options](auto& slot) mutable {
          return self->write(slot, std::move(owned), options);
        });
  }
  /// Unlike a concrete flow's writev, the list must stay until completion is awaited.
  auto writev(std::span<const ConstBytes> pieces, const OpOptions& options) {
    return awaiter<Result<void>>([self = self_.get(), pieces, options](auto& slot) {
      return self->writev(slot, pieces, options);
    });
  }
  auto shutdown(Direction direction) {
    return awaiter<internal::Done>(
        [self = self_.get(), direction](auto& slot) { return self->shutdown(slot, direction); });
  }
  auto close(const CloseOptions& options) {
    return awaiter<CloseOutcome>(
        [self = self_.get(), options](auto& slot) { return self->close(slot, options); });
  }
  auto read() { return read(OpOptions()); }
  auto read_into(MutableBytes space) { return read_into(space, OpOptions()); }
  auto write(ConstBytes bytes) { return write(bytes, OpOptions()); }
  auto write(TxBuffer&& owned) { return write(std::move(owned), OpOptions()); }
  auto writev(std::span<const ConstBytes> pieces) { return writev(pieces, OpOptions()); }
  auto close() { return close(CloseOptions()); }
  void abort() noexcept { self_->abort(); }

  std::string_view name() const { return self_->name(); }
  Endpoint local() const { return self_->local(); }
  Endpoint peer() const { return self_->peer(); }
  EventLoop& loop() const { return self_->loop(); }

  /// The wrapped flow if its type is T, or the T below it if the layers between have lower(); else
  /// null. The flow stays this wrapper's.
  template <class T>
  T* cast() {
    return self_ ? static_cast<T*>(self_->find(internal::type_mark<T>())) : nullptr;
  }

 private:
  std::unique_ptr<Concept> self_;
};

template <Flow F>
struct AnyFlow::Model final : AnyFlow::Concept {
  explicit Model(F f) : flow(std::move(f)) {}

  std::optional<Result<ReadResult>> read(Slot<Result<ReadResult>>& slot,
                                         const OpOptions& options) override {
    return slot.start([&] { return flow.read(options); });
  }
  std::optional<Result<std::size_t>> read_into(Slot<Result<std::size_t>>& slot, MutableBytes space,
                                               const OpOptions& options) override {
    return slot.start([&] { return flow.read_into(space, options); });
  }
  Result<ReadResult> try_read() override { return flow.try_read(); }
  std::optional<Result<void>> write(Slot<Result<void>>& slot, ConstBytes bytes,
                                    const OpOptions& options) override {
    return slot.start([&] { return flow.write(bytes, options); });
  }
  std::optional<Result<void>> write(Slot<Result<void>>& slot, TxBuffer&& owned,
                                    const OpOptions& options) override {
    return slot.start([&] { return flow.write(std::move(owned), options); });
  }
  std::optional<Result<void>> writev(Slot<Result<void>>& slot, std::span<const ConstBytes> pieces,
                                     const OpOptions& options) override {
    return slot.start([&] { return flow.writev(pieces, options); });
  }
  std::optional<internal::Done> shutdown(Slot<internal::Done>& slot, Direction direction) override {
    return slot.start([&] { return flow.shutdown(direction); });
  }
  std::optional<CloseOutcome> close(Slot<CloseOutcome>& slot,
                                    const CloseOptions& options) override {
    return slot.start([&] { return flow.close(options); });
  }
  void abort() noexcept override { flow.abort(); }
  std::string_view name() const override { return flow.name(); }
  Endpoint local() const override { return flow.local(); }
  Endpoint peer() const override { return flow.peer(); }
  EventLoop& loop() const override { return flow.loop(); }
  void* find(const void* mark) override { return find_in(flow, mark); }

  template <class G>
  static void* find_in(G& candidate, const void* mark) {
    if (mark == internal::type_mark<G>()) return &candidate;
    if constexpr (std::same_as<G, AnyFlow>) {
      return candidate.self_ ? candidate.self_->find(mark) : nullptr;
    } else if constexpr (requires { candidate.lower(); }) {
      return find_in(candidate.lower(), mark);
    } else {
      return nullptr;
    }
  }

  F flow;
};

static_assert(Flow<AnyFlow>);

}  // namespace millrace::flow
