// SPDX-License-Identifier: Apache-2.0
// How libFuzzer changes inputs: bytes within one record or the header, and whole records, which are
// repeated, moved, left out, made anew or taken from another input.

#include <cstdint>
#include <cstring>
#include <vector>

#include "sim/random.h"
#include "tests/fuzz/input.h"

// libFuzzer's names. NOLINTBEGIN(readability-identifier-naming)
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using millrace::fuzz::kHeaderBytes;
using millrace::fuzz::kRecordBytes;
using millrace::sim::Random;

constexpr std::ptrdiff_t kRecord = kRecordBytes;

std::size_t records_of(const std::vector<std::uint8_t>& bytes) {
  return (bytes.size() - kHeaderBytes) / kRecordBytes;
}
auto record_at(std::vector<std::uint8_t>& bytes, std::size_t index) {
  return bytes.begin() + static_cast<std::ptrdiff_t>(kHeaderBytes + index * kRecordBytes);
}
// A header and whole records.
std::vector<std::uint8_t> whole(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> bytes(data, data + size);
  const std::size_t body = size > kHeaderBytes ? size - kHeaderBytes : 0;
  bytes.resize(kHeaderBytes + (body + kRecordBytes - 1) / kRecordBytes * kRecordBytes);
  return bytes;
}
// Anything, with more zeros than chance has.
std::vector<std::uint8_t> new_record(Random& random) {
  std::vector<std::uint8_t> record(kRecordBytes);
  const bool sparse = random.below(2) == 0;
  for (auto& byte : record) {
    byte = sparse && random.below(2) == 0 ? 0 : static_cast<std::uint8_t>(random.next());
  }
  return record;
}

void change_once(std::vector<std::uint8_t>& bytes, Random& random) {
  const std::size_t count = records_of(bytes);
  const std::size_t chosen = count == 0 ? 0 : random.below(count);
  const std::uint64_t how = random.below(16);
  if (count == 0 || how < 4) {
    const auto record = new_record(random);
    bytes.insert(record_at(bytes, random.below(count + 1)), record.begin(), record.end());
  } else if (how < 5) {
    LLVMFuzzerMutate(bytes.data(), kHeaderBytes, kHeaderBytes);
  } else if (how < 10) {
    LLVMFuzzerMutate(&*record_at(bytes, chosen), kRecordBytes, kRecordBytes);
  } else if (how < 12) {  // once more, there or elsewhere
    const std::vector<std::uint8_t> copy(record_at(bytes, chosen),
                                         record_at(bytes, chosen) + kRecord);
    const std::size_t to = how == 10 ? chosen : random.below(count + 1);
    bytes.insert(record_at(bytes, to), copy.begin(), copy.end());
  } else if (how < 14) {
    bytes.erase(record_at(bytes, chosen), record_at(bytes, chosen) + kRecord);
  } else {
    const std::size_t other = random.below(count);
    std::swap_ranges(record_at(bytes, chosen), record_at(bytes, chosen) + kRecord,
                     record_at(bytes, other));
  }
}

std::size_t give(std::vector<std::uint8_t>& bytes, std::uint8_t* out, std::size_t max_size) {
  const std::size_t size = std::min(bytes.size(), max_size);
  std::memcpy(out, bytes.data(), size);
  return size;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
  Random random(seed);
  std::vector<std::uint8_t> bytes = whole(data, size);
  const std::uint64_t changes = 1 + random.below(6);
  for (std::uint64_t i = 0; i < changes; ++i) change_once(bytes, random);
  return give(bytes, data, max_size);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* data1, std::size_t size1,
                                                 const std::uint8_t* data2, std::size_t size2,
                                                 std::uint8_t* out, std::size_t max_out_size,
                                                 unsigned int seed) {
  Random random(seed);
  std::vector<std::uint8_t> bytes = whole(data1, size1);
  std::vector<std::uint8_t> other = whole(data2, size2);
  const std::size_t from = random.below(records_of(other) + 1);
  const std::size_t count = random.below(records_of(other) - from + 1);
  bytes.insert(record_at(bytes, random.below(records_of(bytes) + 1)), record_at(other, from),
               record_at(other, from + count));
  return give(bytes, out, max_out_size);
}
// NOLINTEND(readability-identifier-naming)
