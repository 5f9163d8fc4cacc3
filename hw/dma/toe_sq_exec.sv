// SPDX-License-Identifier: Apache-2.0
// Checks submission entries and distributes them. Memory is named by region and slot and resolved
// here, so no later block can be made to touch memory that a queue pair does not own. An update
// goes to both engines, one a clock, options to the transmit engine; connect, accept, listen,
// unlisten and abort go to the connection manager with resolved rings; what is refused becomes a
// response. The region table lives here, written by toe_csr's commits, and each queue pair's IPv6
// address for the connects to come, which a commit of the queue pair forgets.

module toe_sq_exec #(
  parameter int unsigned Connections = 1024,
  parameter int unsigned QueuePairs = 8
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  toe_pkg::config_t cfg_i,
  // queue pair commit, from toe_csr
  input  logic         qp_we_i,
  input  logic [3:0]   qp_index_i,
  // region commit, from toe_csr
  input  logic         region_we_i,
  input  logic [7:0]   region_index_i,
  input  logic [51:0]  region_page_i,
  input  logic [31:0]  region_pages_i,
  input  logic [15:0]  region_owners_i,
  // entries, from toe_sq_fetch
  input  logic [255:0] entry_i,
  input  logic [3:0]   entry_qp_i,
  input  logic         entry_phase_i,
  input  logic [1:0]   entry_epoch_i,
  input  logic         entry_valid_i,
  output logic         entry_ready_o,
  output logic         done_valid_o,   // pulse: executed or refused
  output logic [3:0]   done_qp_o,
  output logic [1:0]   done_epoch_o,
  output logic         refused_o,      // pulse
  // who may name a connection: owner_i answers one clock after owner_addr_o
  output logic [15:0]  owner_addr_o,
  input  toe_pkg::owner_t    owner_i,
  // engines and connection manager
  output toe_pkg::rx_host_t  rx_host_o,
  output logic               rx_host_valid_o,
  input  logic               rx_host_ready_i,
  output toe_pkg::tx_host_t  tx_host_o,
  output logic               tx_host_valid_o,
  input  logic               tx_host_ready_i,
  output toe_pkg::command_t  command_o,
  output logic               command_valid_o,
  input  logic               command_ready_i,
  // refusals, to toe_cq_write
  output toe_pkg::response_t response_o,
  output logic               response_valid_o,
  input  logic               response_ready_i,
  output logic               idle_o
);

  // ---- region table
  localparam int unsigned Regions = toe_contract_pkg::Regions;
  logic [99:0] region_q [0:Regions-1];  // owners, pages, base page

  always_ff @(posedge clk_i) begin
    if (!rst_ni || region_we_i) begin
      for (int unsigned i = 0; i < Regions; i++) begin
        if (!rst_ni) region_q[i] <= 100'd0;
        else if (region_index_i == 8'(i)) begin
          region_q[i] <= {region_owners_i, region_pages_i, region_page_i};
        end
      end
    end
  end

  // ---- the entry under judgement; owner_i belongs to it in every clock
  logic         valid_q, phase_q;
  logic [255:0] entry_q;
  logic [3:0]   qp_q;
  logic [1:0]   epoch_q;
  logic         leave;

  assign entry_ready_o = !valid_q || leave;
  assign owner_addr_o = (valid_q && !leave) ? entry_q[47:32] : entry_i[47:32];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (entry_ready_o) valid_q <= entry_valid_i;
  end

  always_ff @(posedge clk_i) begin
    if (entry_valid_i && entry_ready_o) begin
      entry_q <= entry_i;
      qp_q <= entry_qp_i;
      phase_q <= entry_phase_i;
      epoch_q <= entry_epoch_i;
    end
  end

  toe_contract_pkg::update_entry_t upd;
  toe_contract_pkg::open_entry_t   opn;
  toe_contract_pkg::listen_entry_t lst;
  toe_contract_pkg::address_entry_t adr;
  toe_contract_pkg::options_entry_t opt;
  assign upd = entry_q;
  assign opn = entry_q;
  assign lst = entry_q;
  assign adr = entry_q;
  assign opt = entry_q;

  logic is_nop, is_update, is_connect, is_listen, is_accept, is_abort, is_open;
  logic is_address, is_set;
  assign is_nop = opn.opcode == toe_contract_pkg::OpcodeNop;
  assign is_update = opn.opcode == toe_contract_pkg::OpcodeUpdate;
  assign is_connect = opn.opcode == toe_contract_pkg::OpcodeConnect;
  assign is_listen = opn.opcode == toe_contract_pkg::OpcodeListen;
  assign is_accept = opn.opcode == toe_contract_pkg::OpcodeAccept;
  assign is_abort = opn.opcode == toe_contract_pkg::OpcodeAbort;
  assign is_address = opn.opcode == toe_contract_pkg::OpcodeAddress;
  assign is_set = opn.opcode == toe_contract_pkg::OpcodeSet;
  assign is_open = is_connect || is_accept;

  logic owner_ok;
  localparam logic [16:0] Connections17 = 17'(Connections);
  assign owner_ok = owner_i.alive && owner_i.generation == upd.connection_id[31:24] &&
                    owner_i.qp == qp_q && {1'b0, upd.connection_id[15:0]} < Connections17;

  // ---- opens resolve their two slots in turn, three clocks each: look up, shift, compare; their
  // other fields, and those of address and set, are judged in the first of these clocks
  logic [2:0]  step_q, steps;
  logic [7:0]  pick_region, pick_log2;
  logic [31:0] pick_slot;
  logic [99:0] row_q;
  logic        row_known_q, size_ok_q, region_bad_q, slot_bad_q;
  logic [44:0] start_q, end_q;
  logic [3:0]  shift;
  logic [51:0] tx_page_q, rx_page_q;
  logic        row_ok, slot_ok, step_on;

  assign pick_region = (step_q < 3'd3) ? opn.tx_region : opn.rx_region;
  assign pick_log2 = (step_q < 3'd3) ? opn.tx_size_log2 : opn.rx_size_log2;
  assign pick_slot = (step_q < 3'd3) ? opn.tx_slot : opn.rx_slot;
  assign shift = 4'(pick_log2 - 8'(toe_contract_pkg::SlotLog2Min));
  assign row_ok = row_known_q && row_q[83:52] != 32'd0 && row_q[{3'd0, qp_q} + 7'd84];
  assign slot_ok = size_ok_q && end_q <= {13'd0, row_q[83:52]};
  assign steps = is_open ? 3'd6 : (is_address || is_set) ? 3'd1 : 3'd0;
  assign step_on = valid_q && step_q != steps;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) step_q <= 3'd0;
    else if (leave) step_q <= 3'd0;
    else if (step_on) step_q <= step_q + 3'd1;
  end

  always_ff @(posedge clk_i) begin
    if (step_on) begin
      case (step_q)
        3'd0, 3'd3: begin
          row_q <= region_q[pick_region[3:0]];
          row_known_q <= pick_region < 8'(Regions);
          size_ok_q <= pick_log2 >= 8'(toe_contract_pkg::SlotLog2Min) &&
                       pick_log2 <= 8'(toe_contract_pkg::SlotLog2Max);
        end
        3'd1, 3'd4: begin
          start_q <= {13'd0, pick_slot} << shift;
          end_q <= ({13'd0, pick_slot} + 45'd1) << shift;
        end
        3'd2: begin
          region_bad_q <= !row_ok;
          slot_bad_q <= !slot_ok;
          tx_page_q <= row_q[51:0] + {7'd0, start_q};
        end
        default: begin
          if (!region_bad_q && !slot_bad_q) begin
            region_bad_q <= !row_ok;
            slot_bad_q <= !slot_ok;
          end
          rx_page_q <= row_q[51:0] + {7'd0, start_q};
        end
      endcase
    end
  end

  // ---- addresses (RFC 9293 MUST-46: only one host's) and options
  logic [127:0] named_q [0:QueuePairs-1];
  logic [QueuePairs-1:0] named_valid_q, named_hit;
  logic [127:0] address, named;
  logic         named_valid, on_v6, address_bad, ipv4_bad, options_bad;
  logic         address_bad_q, options_bad_q, link_local_q, name;
  logic [7:0]   want_cc;
  logic [31:0]  host_part;
  logic [1:0]   cc_q;

  assign address = {adr.ipv6_0, adr.ipv6_1, adr.ipv6_2, adr.ipv6_3};
  always_comb begin
    named = 128'd0;
    named_valid = 1'b0;
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      named_hit[q] = qp_q == 4'(q);
      if (named_hit[q]) begin
        named = named_q[q];
        named_valid = named_valid_q[q];
      end
    end
  end

  // Neither multicast, unspecified, loopback, nor an IPv4 address in IPv6's clothes.
  assign address_bad = address[127:120] == 8'hff || address[127:1] == 127'd0 ||
                       address[127:32] == toe_pkg::Ipv4Mapped;
  assign host_part = ~cfg_i.netmask;
  assign ipv4_bad = opn.remote_ip[31:24] == 8'd0 || opn.remote_ip[31:24] == 8'd127 ||
                    opn.remote_ip[31:29] == 3'b111 ||
                    (host_part > 32'd1 && (opn.remote_ip & host_part) == host_part &&
                     ((opn.remote_ip ^ cfg_i.ipv4) & cfg_i.netmask) == 32'd0);
  assign on_v6 = (opn.flags & 8'(toe_contract_pkg::SubmissionFlagIpv6)) != 8'd0;
  assign want_cc = is_open ? opn.congestion_control : opt.congestion_control;
  assign options_bad = (is_open ? opn.options[7:3] : opt.options[7:3]) != 5'd0 || want_cc > 8'd3;

  always_ff @(posedge clk_i) begin
    if (step_on && step_q == 3'd0) begin
      address_bad_q <= is_address ? address_bad : is_connect && (on_v6 ? !named_valid : ipv4_bad);
      options_bad_q <= options_bad && !is_address;
      link_local_q <= named[127:118] == 10'b1111111010 || cfg_i.ipv6 == 128'd0;
      cc_q <= want_cc == 8'd0 ? cfg_i.cc : 2'(want_cc - 8'd1);
    end
  end

  // A refused address leaves none, so that no connect goes to an earlier one by mistake.
  assign name = leave && is_address;
  always_ff @(posedge clk_i) begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (!rst_ni || (qp_we_i && qp_index_i == 4'(q))) named_valid_q[q] <= 1'b0;
      else if (name && named_hit[q]) named_valid_q[q] <= !refuse;
      if (name && named_hit[q]) named_q[q] <= address;
    end
  end

  // ---- judgement
  logic [7:0] status;
  logic       settled, refuse, to_engines, to_tx, to_manager;
  logic       resp_free, cmd_free, engines_free;

  always_comb begin
    status = toe_contract_pkg::StatusOk;
    if (opn.flags[7] != phase_q) status = toe_contract_pkg::StatusBadPhase;
    else if (opn.opcode > toe_contract_pkg::OpcodeSet) status = toe_contract_pkg::StatusBadOpcode;
    else if ((is_update || is_abort || is_set) && !owner_ok) begin
      status = toe_contract_pkg::StatusBadConnection;
    end
    else if (is_listen && lst.local_port == 16'd0) status = toe_contract_pkg::StatusBadListener;
    else if (is_open && region_bad_q) status = toe_contract_pkg::StatusBadRegion;
    else if (is_open && slot_bad_q) status = toe_contract_pkg::StatusBadSlot;
    else if ((is_open || is_address) && address_bad_q) begin
      status = toe_contract_pkg::StatusBadAddress;
    end else if ((is_open || is_set) && options_bad_q) status = toe_contract_pkg::StatusBadOption;
  end

  assign settled = valid_q && !step_on;
  assign refuse = settled && status != toe_contract_pkg::StatusOk;
  assign to_engines = settled && status == toe_contract_pkg::StatusOk && is_update;
  assign to_tx = settled && status == toe_contract_pkg::StatusOk && is_set;
  assign to_manager = settled && status == toe_contract_pkg::StatusOk && !is_update && !is_nop &&
                      !is_address && !is_set;
  assign resp_free = !response_valid_o || response_ready_i;
  assign cmd_free = !command_valid_o || command_ready_i;
  assign engines_free = (!rx_host_valid_o || rx_host_ready_i) &&
                        (!tx_host_valid_o || tx_host_ready_i);
  assign leave = settled && (refuse ? resp_free : (to_engines || to_tx) ? engines_free :
                             to_manager ? cmd_free : 1'b1);

  assign done_valid_o = leave;
  assign done_qp_o = qp_q;
  assign done_epoch_o = epoch_q;
  assign refused_o = leave && refuse;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      rx_host_valid_o <= 1'b0;
      tx_host_valid_o <= 1'b0;
      command_valid_o <= 1'b0;
      response_valid_o <= 1'b0;
    end else begin
      if (leave && to_engines) rx_host_valid_o <= 1'b1;
      else if (rx_host_ready_i) rx_host_valid_o <= 1'b0;
      if (leave && (to_engines || to_tx)) tx_host_valid_o <= 1'b1;
      else if (tx_host_ready_i) tx_host_valid_o <= 1'b0;
      if (leave && to_manager) command_valid_o <= 1'b1;
      else if (command_ready_i) command_valid_o <= 1'b0;
      if (leave && refuse) response_valid_o <= 1'b1;
      else if (response_ready_i) response_valid_o <= 1'b0;
    end
  end

  toe_pkg::rx_host_t  rx_host_q;
  toe_pkg::tx_host_t  tx_host_q;
  toe_pkg::command_t  command_q;
  toe_pkg::response_t response_q;
  assign rx_host_o = rx_host_q;
  assign tx_host_o = tx_host_q;
  assign command_o = command_q;
  assign response_o = response_q;

  always_ff @(posedge clk_i) begin
    if (leave && to_engines) begin
      rx_host_q.conn <= upd.connection_id[15:0];
      rx_host_q.offset <= upd.consumed_up_to;
    end
    if (leave && (to_engines || to_tx)) begin
      tx_host_q.conn <= upd.connection_id[15:0];
      tx_host_q.offset <= upd.sent_up_to;
      tx_host_q.fin <= upd.flags[0] && !is_set;
      tx_host_q.configure <= is_set;
      tx_host_q.options <= opt.options[2:0];
      tx_host_q.cc <= cc_q;
      tx_host_q.user_timeout <= opt.user_timeout;
    end
    if (leave && to_manager) begin
      command_q.opcode <= opn.opcode;
      command_q.qp <= qp_q;
      command_q.id <= opn.listener_id;
      command_q.cookie <= opn.cookie;
      command_q.local_kind <= !(is_connect && on_v6) ? toe_pkg::LocalIpv4 :
                              link_local_q ? toe_pkg::LocalIpv6Link : toe_pkg::LocalIpv6;
      command_q.remote_ip <= (is_connect && on_v6) ? named : {toe_pkg::Ipv4Mapped, opn.remote_ip};
      command_q.remote_port <= opn.remote_port;
      command_q.local_port <= is_listen ? lst.local_port : opn.local_port;
      command_q.tx_ring_page <= tx_page_q;
      command_q.tx_ring_log2 <= opn.tx_size_log2[4:0];
      command_q.rx_ring_page <= rx_page_q;
      command_q.rx_ring_log2 <= opn.rx_size_log2[4:0];
      command_q.options <= opn.options[2:0];
      command_q.cc <= cc_q;
    end
    if (leave && refuse) begin
      response_q.qp <= qp_q;
      response_q.status <= status;
      response_q.id <= opn.listener_id;
      response_q.cookie <= (is_update || is_abort || is_nop ||
                            opn.opcode > toe_contract_pkg::OpcodeSet) ? 32'd0 : opn.cookie;
      response_q.opcode <= opn.opcode;
    end
  end

  assign idle_o = !valid_q && !rx_host_valid_o && !tx_host_valid_o && !command_valid_o &&
                  !response_valid_o;

  /* verilator lint_off UNUSED */
  logic unused;
  assign unused = ^{upd, lst, opn, adr, opt, cfg_i};
  /* verilator lint_on UNUSED */

endmodule
