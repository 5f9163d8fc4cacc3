// SPDX-License-Identifier: Apache-2.0
// A first-in first-out queue whose storage is allocated once.

#pragma once

#include <cassert>
#include <cstddef>
#include <vector>

namespace millrace::sim {

template <typename T>
class FixedQueue {
 public:
  explicit FixedQueue(std::size_t capacity) : items_(capacity) {}

  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == items_.size(); }
  std::size_t size() const { return count_; }
  T& front() { return items_[head_]; }
  const T& front() const { return items_[head_]; }
  T& back() { return items_[index(count_ - 1)]; }

  void push(const T& item) {
    assert(!full());
    items_[index(count_++)] = item;
  }

  void pop() {
    assert(!empty());
    head_ = index(1);
    --count_;
  }

 private:
  std::size_t index(std::size_t offset) const {
    const std::size_t at = head_ + offset;
    return at < items_.size() ? at : at - items_.size();
  }

  std::vector<T> items_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

}  // namespace millrace::sim
