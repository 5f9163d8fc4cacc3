// SPDX-License-Identifier: Apache-2.0
// Completion rings: gives every entry its place, its phase bit and the executed submission head,
// and tells the other blocks where there is room. Reports leave a reserve for responses (a quarter
// of the ring, at most 32 entries), and submissions are fetched only while the reserve and
// everything fetched fit, so a response does not wait for the host; if one must, it waits and is
// not lost. Entries of a disabled queue pair vanish. The interrupt is a level: an entry was written
// (its write response came) that the head of no doorbell has acknowledged yet.

module toe_cq_write #(
  parameter int unsigned QueuePairs = 8
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  // commit and doorbell, from toe_csr
  input  logic         qp_we_i,
  input  logic [3:0]   qp_index_i,
  input  logic         qp_enable_i,
  input  logic [51:0]  qp_cq_page_i,
  input  logic [3:0]   qp_cq_log2_i,
  input  logic         doorbell_valid_i,
  input  logic [3:0]   doorbell_qp_i,
  input  logic [15:0]  doorbell_head_i,
  // room, from and to toe_sq_fetch and toe_report
  input  logic [6*QueuePairs-1:0]  fetched_i,
  input  logic [16*QueuePairs-1:0] sq_head_i,
  output logic [QueuePairs-1:0]    fetch_room_o,
  output logic [QueuePairs-1:0]    report_room_o,
  input  logic         report_take_i,     // pulse: a report for report_take_qp_i will come
  input  logic [3:0]   report_take_qp_i,
  // reports, from toe_report
  input  logic [3:0]   report_qp_i,
  input  logic [255:0] report_entry_i,
  input  logic         report_valid_i,
  output logic         report_ready_o,
  // responses, from toe_sq_exec and toe_conn_manager
  input  toe_pkg::response_t refusal_i,
  input  logic         refusal_valid_i,
  output logic         refusal_ready_o,
  input  toe_pkg::response_t response_i,
  input  logic         response_valid_i,
  output logic         response_ready_o,
  // entries in their places, to toe_dma_write, and their write responses
  output logic [58:0]  cq_addr_o,         // address / 32
  output logic [255:0] cq_data_o,
  output logic [3:0]   cq_qp_o,
  output logic         cq_valid_o,
  input  logic         cq_ready_i,
  input  logic         cq_done_valid_i,
  input  logic [3:0]   cq_done_qp_i,
  output logic         irq_o,
  output logic         idle_o
);

  logic [QueuePairs-1:0] enabled_q, irq_q, fetch_room_q, report_room_q, response_room_q;
  logic [51:0] page_q [0:QueuePairs-1];
  logic [3:0]  log2_q [0:QueuePairs-1];
  logic [15:0] tail_q [0:QueuePairs-1];
  logic [15:0] head_q [0:QueuePairs-1];
  logic [15:0] written_q [0:QueuePairs-1];  // entries in host memory
  logic [6:0]  stale_q [0:QueuePairs-1];    // on their way since before the last commit
  logic [4:0]  coming_q [0:QueuePairs-1];  // reports promised by toe_report

  // ---- who is next: refusal, response, report; two responses never starve a report for long,
  // being rare
  logic out_free, take_refusal, take_response, take_report, take;
  logic refusal_room, response_room;
  logic [3:0] take_qp;
  logic [QueuePairs-1:0] passing;  // room for a response, or nobody there to tell

  assign passing = response_room_q | ~enabled_q;

  always_comb begin
    refusal_room = 1'b0;
    response_room = 1'b0;
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (refusal_i.qp == 4'(q)) refusal_room = passing[q];
      if (response_i.qp == 4'(q)) response_room = passing[q];
    end
  end

  assign out_free = !cq_valid_o || cq_ready_i;
  assign refusal_ready_o = out_free && refusal_room;
  assign take_refusal = refusal_valid_i && refusal_ready_o;
  assign response_ready_o = out_free && response_room && !take_refusal;
  assign take_response = response_valid_i && response_ready_o;
  assign report_ready_o = out_free && !take_refusal && !take_response;
  assign take_report = report_valid_i && report_ready_o;
  assign take = take_refusal || take_response || take_report;
  assign take_qp = take_refusal ? refusal_i.qp : take_response ? response_i.qp : report_qp_i;

  // ---- the queue pair's fields
  logic        at_enabled;
  logic [51:0] at_page;
  logic [3:0]  at_log2;
  logic [15:0] at_tail, at_sq_head;
  logic [14:0] at_index;

  always_comb begin
    at_enabled = 1'b0;
    at_page = 52'd0;
    at_log2 = 4'd4;
    at_tail = 16'd0;
    at_sq_head = 16'd0;
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (take_qp == 4'(q)) begin
        at_enabled = enabled_q[q];
        at_page = page_q[q];
        at_log2 = log2_q[q];
        at_tail = tail_q[q];
        at_sq_head = sq_head_i[16*q +: 16];
      end
    end
  end

  assign at_index = at_tail[14:0] & 15'((16'd1 << at_log2) - 16'd1);

  toe_contract_pkg::completion_entry_t entry;
  toe_pkg::response_t answer;
  assign answer = take_refusal ? refusal_i : response_i;

  always_comb begin
    entry = report_entry_i;
    if (!take_report) begin
      entry.kind = toe_contract_pkg::CompletionKindResponse;
      entry.flags = 8'd0;
      entry.state = 8'd0;
      entry.status = answer.status;
      entry.connection_id = answer.id;
      entry.cookie = answer.cookie;
      entry.received_up_to = 32'd0;
      entry.acked_up_to = 32'd0;
      entry.remote_ip = 32'd0;
      entry.remote_port = 16'd0;
      entry.local_port = 16'd0;
      entry.detail = {8'd0, answer.opcode};
    end
    entry.sq_head = at_sq_head;
    entry.flags[7] = !at_tail[at_log2];
  end

  logic [58:0]  addr_q;
  logic [255:0] data_q;
  logic [3:0]   qp_q;
  logic         valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (out_free) valid_q <= take && at_enabled;
  end

  always_ff @(posedge clk_i) begin
    if (take && at_enabled) begin
      addr_q <= {at_page, 7'd0} + {44'd0, at_index};
      data_q <= entry;
      qp_q <= take_qp;
    end
  end

  assign cq_addr_o = addr_q;
  assign cq_data_o = data_q;
  assign cq_qp_o = qp_q;
  assign cq_valid_o = valid_q;

  // ---- indices and room
  logic [QueuePairs-1:0] take_hit, coming_hit, came_hit, commit_hit, bell_hit, done_hit;
  logic [15:0] used [0:QueuePairs-1];
  logic [15:0] free [0:QueuePairs-1];
  logic [15:0] size [0:QueuePairs-1];
  logic [15:0] reserve [0:QueuePairs-1];
  logic [15:0] promised [0:QueuePairs-1];
  logic [15:0] unseen [0:QueuePairs-1];
  logic [6:0]  flying [0:QueuePairs-1];

  always_comb begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      take_hit[q] = take && take_qp == 4'(q);
      coming_hit[q] = report_take_i && report_take_qp_i == 4'(q);
      came_hit[q] = take_report && report_qp_i == 4'(q);
      commit_hit[q] = qp_we_i && qp_index_i == 4'(q);
      bell_hit[q] = doorbell_valid_i && doorbell_qp_i == 4'(q);
      done_hit[q] = cq_done_valid_i && cq_done_qp_i == 4'(q);
      // The host may have seen, and acknowledged, what the card does not know to be written yet.
      unseen[q] = written_q[q] - head_q[q];
      flying[q] = 7'(tail_q[q] - written_q[q]) + {6'd0, take_hit[q] && at_enabled};
      used[q] = tail_q[q] - head_q[q] + {11'd0, coming_q[q]};
      size[q] = 16'd1 << log2_q[q];
      free[q] = size[q] - used[q];
      reserve[q] = (log2_q[q] >= 4'd7) ? 16'd32 : {2'd0, size[q][15:2]};
      promised[q] = reserve[q] + {10'd0, fetched_i[6*q +: 6]};
    end
  end

  // A head beyond the tail, or moving back, is nonsense of the host and leaves the ring as it is.
  logic [QueuePairs-1:0] bell_ok;
  logic [15:0] bell_used [0:QueuePairs-1];
  logic [15:0] bell_before [0:QueuePairs-1];
  always_comb begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      bell_used[q] = tail_q[q] - doorbell_head_i;
      bell_before[q] = tail_q[q] - head_q[q];
      bell_ok[q] = bell_used[q] <= bell_before[q];
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (!rst_ni) begin
        enabled_q[q] <= 1'b0;
        irq_q[q] <= 1'b0;
        tail_q[q] <= 16'd0;
        head_q[q] <= 16'd0;
        coming_q[q] <= 5'd0;
        written_q[q] <= 16'd0;
        stale_q[q] <= 7'd0;
        fetch_room_q[q] <= 1'b0;
        report_room_q[q] <= 1'b0;
        response_room_q[q] <= 1'b0;
      end else begin
        if (commit_hit[q]) begin
          enabled_q[q] <= qp_enable_i;
          irq_q[q] <= 1'b0;
          tail_q[q] <= 16'd0;
          head_q[q] <= 16'd0;
          written_q[q] <= 16'd0;
          stale_q[q] <= stale_q[q] + flying[q] - {6'd0, done_hit[q]};
        end else begin
          if (take_hit[q] && at_enabled) tail_q[q] <= at_tail + 16'd1;
          if (bell_hit[q] && bell_ok[q]) head_q[q] <= doorbell_head_i;
          if (done_hit[q] && stale_q[q] != 7'd0) stale_q[q] <= stale_q[q] - 7'd1;
          else if (done_hit[q]) written_q[q] <= written_q[q] + 16'd1;
          irq_q[q] <= unseen[q] != 16'd0 && !unseen[q][15];
        end
        if (coming_hit[q] && !came_hit[q]) coming_q[q] <= coming_q[q] + 5'd1;
        if (!coming_hit[q] && came_hit[q]) coming_q[q] <= coming_q[q] - 5'd1;
        report_room_q[q] <= !enabled_q[q] || free[q] > promised[q];
        fetch_room_q[q] <= free[q] >= promised[q] + 16'd8;
        // One entry may have been placed since `free` was computed.
        response_room_q[q] <= free[q] > 16'd2;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (commit_hit[q]) begin
        page_q[q] <= qp_cq_page_i;
        log2_q[q] <= qp_cq_log2_i;
      end
    end
  end

  assign fetch_room_o = fetch_room_q;
  assign report_room_o = report_room_q;
  assign irq_o = irq_q != '0;
  // A response that waits for room waits for the host.
  assign idle_o = !valid_q && !report_valid_i && !(refusal_valid_i && refusal_room) &&
                  !(response_valid_i && response_room);

  /* verilator lint_off UNUSED */
  logic unused;
  assign unused = ^answer;
  /* verilator lint_on UNUSED */

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    for (int unsigned q = 0; q < QueuePairs; q++) begin
      if (rst_ni && enabled_q[q]) assert (16'(tail_q[q] - head_q[q]) <= size[q]);
    end
  end
`endif
`endif

endmodule
