// SPDX-License-Identifier: Apache-2.0
// A doubly linked list whose links lie in its elements, and a counted pointer whose count lies in
// its object. Pending operations live in coroutine frames; linking them costs no allocation, and
// destroying a frame unlinks them.

#pragma once

#include <cassert>
#include <utility>

namespace millrace::flow {

/// Base of what can stand in an IntrusiveList; the tag lets one object stand in several. Leaves its
/// list when destroyed.
template <class Tag>
class ListHook {
 public:
  ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() {
    if (linked()) [[unlikely]]
      leave();
  }

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (linked()) take_out();
  }

 private:
  void take_out() {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }
  // Apart, so that destructors of what seldom is in a list stay short.
  [[gnu::noinline]] void leave() { take_out(); }

  template <class T, class U>
  friend class IntrusiveList;
  ListHook* next_ = nullptr;  // null, both of them, outside a list
  ListHook* previous_ = nullptr;
};

/// First in, first out. Does not own; elements left at the end are unlinked.
template <class T, class Tag>
class IntrusiveList {
 public:
  IntrusiveList() { head_.next_ = head_.previous_ = &head_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (!empty()) pop_front();
  }

  bool empty() const { return head_.next_ == &head_; }
  T& front() {
    assert(!empty());
    return static_cast<T&>(*head_.next_);
  }
  void push_back(T& element) {
    ListHook<Tag>& hook = element;
    assert(!hook.linked());
    hook.previous_ = head_.previous_;
    hook.next_ = &head_;
    head_.previous_->next_ = &hook;
    head_.previous_ = &hook;
  }
  T& pop_front() {
    T& element = front();
    static_cast<ListHook<Tag>&>(element).take_out();
    return element;
  }
  /// Moves all elements of `other` to the end of this list.
  void splice(IntrusiveList& other) {
    if (other.empty()) return;
    ListHook<Tag>* first = other.head_.next_;
    ListHook<Tag>* last = other.head_.previous_;
    other.head_.next_ = other.head_.previous_ = &other.head_;
    first->previous_ = head_.previous_;
    head_.previous_->next_ = first;
    last->next_ = &head_;
    head_.previous_ = last;
  }
  /// Calls f(element) for each, front to back; f may unlink the element it is given, and no other.
  template <class F>
  void for_each(F f) {
    for (ListHook<Tag>* hook = head_.next_; hook != &head_;) {
      ListHook<Tag>* next = hook->next_;
      f(static_cast<T&>(*hook));
      hook = next;
    }
  }

 private:
  ListHook<Tag> head_;
};

/// Shared ownership within one thread; T has `void add_reference()` and `void drop_reference()`.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) {
    if (object_ != nullptr) object_->add_reference();
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->drop_reference();
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

}  // namespace millrace::flow
