// SPDX-License-Identifier: Apache-2.0
// Checks submission entries and distributes them. Memory is named by region and slot and resolved
// here, so no later block can be made to touch memory that a queue pair does not own. An update
// goes to both engines, one a clock; connect, accept, listen, unlisten and abort go to the
// connection manager with resolved rings; what is refused becomes a response. The region table
// lives here, written by toe_csr's commits.

module toe_sq_exec #(
  parameter int unsigned Connections = 1024
) (
  input  logic         clk_i,
  input  logic         rst_ni,
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
  assign upd = entry_q;
  assign opn = entry_q;
  assign lst = entry_q;

  logic is_nop, is_update, is_connect, is_listen, is_accept, is_unlisten, is_abort, is_open;
  assign is_nop = opn.opcode == toe_contract_pkg::OpcodeNop;
  assign is_update = opn.opcode == toe_contract_pkg::OpcodeUpdate;
  assign is_connect = opn.opcode == toe_contract_pkg::OpcodeConnect;
  assign is_listen = opn.opcode == toe_contract_pkg::OpcodeListen;
  assign is_accept = opn.opcode == toe_contract_pkg::OpcodeAccept;
  assign is_unlisten = opn.opcode == toe_contract_pkg::OpcodeUnlisten;
  assign is_abort = opn.opcode == toe_contract_pkg::OpcodeAbort;
  assign is_open = is_connect || is_accept;

  logic owner_ok;
  localparam logic [16:0] Connections17 = 17'(Connections);
  assign owner_ok = owner_i.alive && owner_i.generation == upd.connection_id[31:24] &&
                    owner_i.qp == qp_q && {1'b0, upd.connection_id[15:0]} < Connections17;

  // ---- opens resolve their two slots in turn, three clocks each: look up, shift, compare
  logic [2:0]  step_q;
  logic [7:0]  pick_region, pick_log2;
  logic [31:0] pick_slot;
  logic [99:0] row_q;
  logic        row_known_q, size_ok_q, region_bad_q, slot_bad_q;
  logic [44:0] start_q, end_q;
  logic [3:0]  shift;
  logic [51:0] tx_page_q, rx_page_q;
  logic        row_ok, slot_ok, open_step;

  assign pick_region = (step_q < 3'd3) ? opn.tx_region : opn.rx_region;
  assign pick_log2 = (step_q < 3'd3) ? opn.tx_size_log2 : opn.rx_size_log2;
  assign pick_slot = (step_q < 3'd3) ? opn.tx_slot : opn.rx_slot;
  assign shift = 4'(pick_log2 - 8'(toe_contract_pkg::SlotLog2Min));
  assign row_ok = row_known_q && row_q[83:52] != 32'd0 && row_q[{3'd0, qp_q} + 7'd84];
  assign slot_ok = size_ok_q && end_q <= {13'd0, row_q[83:52]};
  assign open_step = valid_q && is_open && step_q != 3'd6;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) step_q <= 3'd0;
    else if (leave) step_q <= 3'd0;
    else if (open_step) step_q <= step_q + 3'd1;
  end

  always_ff @(posedge clk_i) begin
    if (open_step) begin
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

  // ---- judgement
  logic [7:0] status;
  logic       settled, refuse, to_engines, to_manager;
  logic       resp_free, cmd_free, engines_free;

  always_comb begin
    status = toe_contract_pkg::StatusOk;
    if (opn.flags[7] != phase_q) status = toe_contract_pkg::StatusBadPhase;
    else if (opn.opcode > toe_contract_pkg::OpcodeAbort) status = toe_contract_pkg::StatusBadOpcode;
    else if ((is_update || is_abort) && !owner_ok) status = toe_contract_pkg::StatusBadConnection;
    else if (is_listen && lst.local_port == 16'd0) status = toe_contract_pkg::StatusBadListener;
    else if (is_open && region_bad_q) status = toe_contract_pkg::StatusBadRegion;
    else if (is_open && slot_bad_q) status = toe_contract_pkg::StatusBadSlot;
  end

  assign settled = valid_q && !open_step;
  assign refuse = settled && status != toe_contract_pkg::StatusOk;
  assign to_engines = settled && status == toe_contract_pkg::StatusOk && is_update;
  assign to_manager = settled && status == toe_contract_pkg::StatusOk && !is_update && !is_nop;
  assign resp_free = !response_valid_o || response_ready_i;
  assign cmd_free = !command_valid_o || command_ready_i;
  assign engines_free = (!rx_host_valid_o || rx_host_ready_i) &&
                        (!tx_host_valid_o || tx_host_ready_i);
  assign leave = settled && (refuse ? resp_free : to_engines ? engines_free :
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
      if (leave && to_engines) begin
        rx_host_valid_o <= 1'b1;
        tx_host_valid_o <= 1'b1;
      end else begin
        if (rx_host_ready_i) rx_host_valid_o <= 1'b0;
        if (tx_host_ready_i) tx_host_valid_o <= 1'b0;
      end
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
      tx_host_q.conn <= upd.connection_id[15:0];
      tx_host_q.offset <= upd.sent_up_to;
      tx_host_q.fin <= upd.flags[0];
      tx_host_q.configure <= 1'b0;
      tx_host_q.options <= 3'd0;
      tx_host_q.cc <= 2'd0;
      tx_host_q.user_timeout <= 32'd0;
    end
    if (leave && to_manager) begin
      command_q.opcode <= opn.opcode;
      command_q.qp <= qp_q;
      command_q.id <= opn.listener_id;
      command_q.cookie <= opn.cookie;
      command_q.local_kind <= toe_pkg::LocalIpv4;
      command_q.remote_ip <= {toe_pkg::Ipv4Mapped, opn.remote_ip};
      command_q.remote_port <= opn.remote_port;
      command_q.local_port <= is_listen ? lst.local_port : opn.local_port;
      command_q.tx_ring_page <= tx_page_q;
      command_q.tx_ring_log2 <= opn.tx_size_log2[4:0];
      command_q.rx_ring_page <= rx_page_q;
      command_q.rx_ring_log2 <= opn.rx_size_log2[4:0];
      command_q.options <= is_open ? opn.options[2:0] : 3'd0;
      command_q.cc <= 2'd0;
    end
    if (leave && refuse) begin
      response_q.qp <= qp_q;
      response_q.status <= status;
      response_q.id <= opn.listener_id;
      response_q.cookie <= (is_open || is_listen || is_unlisten) ? opn.cookie : 32'd0;
      response_q.opcode <= opn.opcode;
    end
  end

  assign idle_o = !valid_q && !rx_host_valid_o && !tx_host_valid_o && !command_valid_o &&
                  !response_valid_o;

  /* verilator lint_off UNUSED */
  logic unused;
  assign unused = ^{upd, lst, opn};
  /* verilator lint_on UNUSED */

endmodule
