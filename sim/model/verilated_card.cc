// SPDX-License-Identifier: Apache-2.0
// toe_core as made by Verilator. The only file that includes Verilated code; compiled once per
// build of the model, which says MILLRACE_MODEL: the Verilated class, MILLRACE_MODEL_HEADER,
// MILLRACE_MODEL_FACTORY: the function that makes one, and MILLRACE_MODEL_CONNECTIONS.

#include <verilated.h>
#if VM_TRACE_FST && defined(MILLRACE_TRACE)
#include <verilated_fst_c.h>
#endif

#include MILLRACE_MODEL_HEADER

#include "hw/lib/covered_model.h"
#include "sim/model/card_model.h"

namespace millrace::sim {
namespace {

class VerilatedCard final : public CardModel {
 public:
  explicit VerilatedCard(const VerilatedOptions& options) : seed_(options.seed) {
    context_.randReset(2);
    // Verilator takes 31 bits and replaces 0 by the time of day.
    context_.randSeed(static_cast<int>((seed_ ^ (seed_ >> 31)) % 0x7FFFFFFFu) + 1);
    context_.fatalOnError(false);
    context_.errorLimit(1 << 30);
    context_.assertOn(false);  // random state may violate invariants until reset has passed
#if VM_TRACE_FST && defined(MILLRACE_TRACE)
    if (!options.trace.empty()) context_.traceEverOn(true);
#endif
    top_ = std::make_unique<Covered<MILLRACE_MODEL>>(&context_, "toe_core");
    connect();
    clear_inputs();
    top_->eval();
#if VM_TRACE_FST && defined(MILLRACE_TRACE)
    if (!options.trace.empty()) {
      trace_ = std::make_unique<VerilatedFstC>();
      top_->trace(trace_.get(), 99);
      trace_->open(options.trace.c_str());
      if (!trace_->isOpen()) failure_ = "cannot write the waveform " + options.trace;
    }
#else
    if (!options.trace.empty())
      failure_ = "this build has no waveforms: configure with MILLRACE_TRACE=ON";
#endif
  }

  ~VerilatedCard() override {
#if VM_TRACE_FST && defined(MILLRACE_TRACE)
    if (trace_) trace_->close();
#endif
    enter();
    top_->final();
    top_.reset();  // while its context is there
  }

  const CardPins& pins() const override { return pins_; }
  const std::string& failure() const override { return failure_; }
  std::uint32_t connections() const override { return MILLRACE_MODEL_CONNECTIONS; }

  void step() override {
    if (!failure_.empty()) return;
    enter();
    if (!asserting_ && top_->rst_ni != 0) {
      asserting_ = true;
      context_.assertOn(true);
    }
    top_->clk_i = 1;
    top_->eval();
    dump(0);
    top_->clk_i = 0;
    top_->eval();
    dump(2);
    ++clocks_;
    if (context_.errorCount() != 0 || context_.gotFinish()) [[unlikely]] {
      failure_ = "assertion failed in toe_core at clock " + std::to_string(clocks_) + ", seed " +
                 std::to_string(seed_) + " (the message is on standard output)";
      flush();
    }
  }

 private:
  // Verilator's library charges failed assertions, and more, to the context that a thread made
  // last.
  void enter() { Verilated::threadContextp(&context_); }
  void dump([[maybe_unused]] unsigned phase) {
#if VM_TRACE_FST && defined(MILLRACE_TRACE)
    if (trace_) trace_->dump(clocks_ * 4 + phase);
#endif
  }

  void flush() {
#if VM_TRACE_FST && defined(MILLRACE_TRACE)
    if (trace_) trace_->flush();
#endif
  }

  void connect();
  void clear_inputs();

  std::uint64_t seed_;
  VerilatedContext context_;
  std::unique_ptr<MILLRACE_MODEL> top_;
#if VM_TRACE_FST && defined(MILLRACE_TRACE)
  std::unique_ptr<VerilatedFstC> trace_;
#endif
  CardPins pins_{};
  bool asserting_ = false;
  std::uint64_t clocks_ = 0;
  std::string failure_;
};

void VerilatedCard::connect() {
  MILLRACE_MODEL& t = *top_;
  pins_.rst_n = &t.rst_ni;
  pins_.tick_us = &t.tick_us_i;
  pins_.registers = {&t.s_axil_awaddr_i,  &t.s_axil_awvalid_i, &t.s_axil_wdata_i,
                     &t.s_axil_wstrb_i,   &t.s_axil_wvalid_i,  &t.s_axil_bready_i,
                     &t.s_axil_araddr_i,  &t.s_axil_arvalid_i, &t.s_axil_rready_i,
                     &t.s_axil_awready_o, &t.s_axil_wready_o,  &t.s_axil_bresp_o,
                     &t.s_axil_bvalid_o,  &t.s_axil_arready_o, &t.s_axil_rdata_o,
                     &t.s_axil_rresp_o,   &t.s_axil_rvalid_o};
  AxiPins& m = pins_.memory;
  m.aw = {&t.m_axi_awready_i, &t.m_axi_awid_o,    &t.m_axi_awaddr_o, &t.m_axi_awlen_o,
          &t.m_axi_awsize_o,  &t.m_axi_awburst_o, &t.m_axi_awvalid_o};
  m.ar = {&t.m_axi_arready_i, &t.m_axi_arid_o,    &t.m_axi_araddr_o, &t.m_axi_arlen_o,
          &t.m_axi_arsize_o,  &t.m_axi_arburst_o, &t.m_axi_arvalid_o};
  m.wready = &t.m_axi_wready_i;
  m.wdata = t.m_axi_wdata_o.data();
  m.wstrb = &t.m_axi_wstrb_o;
  m.wlast = &t.m_axi_wlast_o;
  m.wvalid = &t.m_axi_wvalid_o;
  m.bid = &t.m_axi_bid_i;
  m.bresp = &t.m_axi_bresp_i;
  m.bvalid = &t.m_axi_bvalid_i;
  m.bready = &t.m_axi_bready_o;
  m.rid = &t.m_axi_rid_i;
  m.rdata = t.m_axi_rdata_i.data();
  m.rresp = &t.m_axi_rresp_i;
  m.rlast = &t.m_axi_rlast_i;
  m.rvalid = &t.m_axi_rvalid_i;
  m.rready = &t.m_axi_rready_o;
  pins_.wire_in = {t.s_axis_tdata_i.data(), &t.s_axis_tkeep_i,  &t.s_axis_tlast_i,
                   &t.s_axis_tuser_i,       &t.s_axis_tvalid_i, &t.s_axis_tready_o};
  pins_.wire_out = {t.m_axis_tdata_o.data(), &t.m_axis_tkeep_o, &t.m_axis_tlast_o,
                    &t.m_axis_tvalid_o, &t.m_axis_tready_i};
  pins_.irq = &t.irq_o;
  pins_.idle = &t.idle_o;
  pins_.deadline_valid = &t.deadline_valid_o;
  pins_.next_deadline_us = &t.next_deadline_us_o;
  pins_.now_us = &t.now_us_o;
}

void VerilatedCard::clear_inputs() {
  MILLRACE_MODEL& t = *top_;
  t.clk_i = 0;
  t.rst_ni = 0;
  t.tick_us_i = 0;
  t.s_axil_awvalid_i = t.s_axil_wvalid_i = t.s_axil_arvalid_i = 0;
  t.s_axil_bready_i = t.s_axil_rready_i = 0;
  t.s_axil_awaddr_i = t.s_axil_wdata_i = t.s_axil_araddr_i = 0;
  t.s_axil_wstrb_i = 0xF;
  t.m_axi_awready_i = t.m_axi_wready_i = t.m_axi_arready_i = 0;
  t.m_axi_bvalid_i = t.m_axi_bid_i = t.m_axi_bresp_i = 0;
  t.m_axi_rvalid_i = t.m_axi_rid_i = t.m_axi_rresp_i = t.m_axi_rlast_i = 0;
  for (std::size_t i = 0; i < 16; ++i) t.m_axi_rdata_i[i] = t.s_axis_tdata_i[i] = 0;
  t.s_axis_tkeep_i = 0;
  t.s_axis_tlast_i = t.s_axis_tuser_i = t.s_axis_tvalid_i = 0;
  t.m_axis_tready_i = 0;
}

}  // namespace

std::unique_ptr<CardModel> MILLRACE_MODEL_FACTORY(const VerilatedOptions& options) {
  return std::make_unique<VerilatedCard>(options);
}

}  // namespace millrace::sim
