// SPDX-License-Identifier: Apache-2.0
// The buffer pool: two free lists. Any thread pushes on a list; only the pool's thread takes, and
// it takes the whole list at once, so the lists need no locks and no version counts.

#include "flow/buffer.h"

#include <cassert>
#include <cstdint>
#include <new>

namespace millrace::flow {

struct RxBuffer::Block {
  BufferPool::Shared* shared;
  Block* next;
  std::size_t capacity;
  std::byte* payload() { return reinterpret_cast<std::byte*>(this + 1); }
};

struct BufferPool::Shared {
  using Block = RxBuffer::Block;
  struct Shelf {
    std::atomic<Block*> returned{nullptr};
    Block* local = nullptr;
  };

  explicit Shared(std::size_t max) : cached_bytes_max(max) {}
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() {
    for (Shelf* shelf : {&small, &large}) {
      free_list(shelf->returned.exchange(nullptr));
      free_list(shelf->local);
    }
  }
  static void free_list(Block* block) {
    while (block != nullptr) {
      Block* next = block->next;
      ::operator delete(block);
      block = next;
    }
  }
  Shelf& shelf(std::size_t capacity) { return capacity == kSmallBytes ? small : large; }
  void drop() {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  const std::size_t cached_bytes_max;
  std::atomic<std::size_t> references{1};  // the pool and each block that is out
  std::atomic<std::size_t> cached_bytes{0};
  Shelf small;
  Shelf large;
};

void RxBuffer::release() {
  Block* block = std::exchange(block_, nullptr);
  bytes_ = {};
  if (block == nullptr) return;
  BufferPool::Shared& shared = *block->shared;
  if (shared.cached_bytes.load(std::memory_order_relaxed) + block->capacity >
      shared.cached_bytes_max) {
    ::operator delete(block);
  } else {
    shared.cached_bytes.fetch_add(block->capacity, std::memory_order_relaxed);
    auto& head = shared.shelf(block->capacity).returned;
    block->next = head.load(std::memory_order_relaxed);
    while (!head.compare_exchange_weak(block->next, block, std::memory_order_release,
                                       std::memory_order_relaxed)) {
    }
  }
  shared.drop();
}

BufferPool::BufferPool(std::size_t cached_bytes_max) : shared_(new Shared(cached_bytes_max)) {}

BufferPool::~BufferPool() { shared_->drop(); }

RxBuffer BufferPool::get(std::size_t size) {
  assert(size > 0 && size <= kLargeBytes);
  const std::size_t capacity = size <= kSmallBytes ? kSmallBytes : kLargeBytes;
  auto& shelf = shared_->shelf(capacity);
  if (shelf.local == nullptr) {
    shelf.local = shelf.returned.exchange(nullptr, std::memory_order_acquire);
  }
  RxBuffer::Block* block = shelf.local;
  if (block != nullptr) {
    shelf.local = block->next;
    shared_->cached_bytes.fetch_sub(capacity, std::memory_order_relaxed);
  } else {
    void* memory = ::operator new(sizeof(RxBuffer::Block) + capacity);
    block = new (memory) RxBuffer::Block{shared_, nullptr, capacity};
  }
  shared_->references.fetch_add(1, std::memory_order_relaxed);
  RxBuffer buffer;
  buffer.block_ = block;
  buffer.bytes_ = {block->payload(), size};
  return buffer;
}

ConstBytes TxBuffer::bytes() const {
  if (const auto* buffer = std::get_if<RxBuffer>(&owner_)) return buffer->bytes();
  if (const auto* bytes = std::get_if<std::vector<std::byte>>(&owner_)) return *bytes;
  if (const auto* text = std::get_if<std::string>(&owner_)) return as_bytes(*text);
  return {};
}

}  // namespace millrace::flow
