// SPDX-License-Identifier: Apache-2.0
// The card's ports as pointers into whatever simulates it, so that nothing else knows Verilator.
// Names and widths are those of hw/PORTS.md without prefix and direction; a 512-bit port is 16
// words of 32 bits, lowest first. "in" is into the card.

#pragma once

#include <cstddef>
#include <cstdint>

namespace millrace::sim {

inline constexpr std::size_t kBeatBytes = 64;

struct AxiLitePins {
  // in
  std::uint32_t* awaddr;
  std::uint8_t* awvalid;
  std::uint32_t* wdata;
  std::uint8_t* wstrb;
  std::uint8_t* wvalid;
  std::uint8_t* bready;
  std::uint32_t* araddr;
  std::uint8_t* arvalid;
  std::uint8_t* rready;
  // out
  const std::uint8_t* awready;
  const std::uint8_t* wready;
  const std::uint8_t* bresp;
  const std::uint8_t* bvalid;
  const std::uint8_t* arready;
  const std::uint32_t* rdata;
  const std::uint8_t* rresp;
  const std::uint8_t* rvalid;
};

// One direction of requests of the card's AXI4 master: AW or AR.
struct AxiAddressPins {
  std::uint8_t* ready;  // in
  // out
  const std::uint8_t* id;
  const std::uint64_t* addr;
  const std::uint8_t* len;
  const std::uint8_t* size;
  const std::uint8_t* burst;
  const std::uint8_t* valid;
};

struct AxiPins {
  AxiAddressPins aw;
  AxiAddressPins ar;
  // write data and response
  std::uint8_t* wready;        // in
  const std::uint32_t* wdata;  // out, 16 words
  const std::uint64_t* wstrb;  // out
  const std::uint8_t* wlast;   // out
  const std::uint8_t* wvalid;  // out
  std::uint8_t* bid;           // in
  std::uint8_t* bresp;         // in
  std::uint8_t* bvalid;        // in
  const std::uint8_t* bready;  // out
  // read data
  std::uint8_t* rid;           // in
  std::uint32_t* rdata;        // in, 16 words
  std::uint8_t* rresp;         // in
  std::uint8_t* rlast;         // in
  std::uint8_t* rvalid;        // in
  const std::uint8_t* rready;  // out
};

// Frames from the MAC to the card.
struct AxisSourcePins {
  std::uint32_t* tdata;  // in, 16 words
  std::uint64_t* tkeep;
  std::uint8_t* tlast;
  std::uint8_t* tuser;
  std::uint8_t* tvalid;
  const std::uint8_t* tready;  // out
};

// Frames from the card to the MAC.
struct AxisSinkPins {
  const std::uint32_t* tdata;  // out, 16 words
  const std::uint64_t* tkeep;
  const std::uint8_t* tlast;
  const std::uint8_t* tvalid;
  std::uint8_t* tready;  // in
};

struct CardPins {
  std::uint8_t* rst_n;     // in
  std::uint32_t* tick_us;  // in
  AxiLitePins registers;
  AxiPins memory;
  AxisSourcePins wire_in;
  AxisSinkPins wire_out;
  // out
  const std::uint8_t* irq;
  const std::uint8_t* idle;
  const std::uint8_t* deadline_valid;
  const std::uint32_t* next_deadline_us;
  const std::uint32_t* now_us;
};

}  // namespace millrace::sim
