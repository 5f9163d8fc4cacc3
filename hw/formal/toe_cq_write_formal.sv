// SPDX-License-Identifier: Apache-2.0
// toe_cq_write with two queue pairs, rings of 16 entries: whatever reports, responses and refusals
// come and whatever the host's doorbells say, entries of a queue pair lie one behind the other from
// slot 0, each once, with the phase of their pass and with what was taken; one waits unchanged
// until it is taken; the ring never holds more than its size. The ring is configured once.

module toe_cq_write_formal (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        qp_we_i,
  input logic        qp_index_i,
  input logic        bell_i,
  input logic        bell_qp_i,
  input logic [15:0] bell_head_i,
  input logic [11:0] fetched_i,
  input logic        promise_i,
  input logic        promise_qp_i,
  input logic        report_i,
  input logic        report_qp_i,
  input logic [7:0]  report_tag_i,
  input logic        refusal_i,
  input logic        refusal_qp_i,
  input logic [7:0]  refusal_tag_i,
  input logic        response_i,
  input logic        response_qp_i,
  input logic [7:0]  response_tag_i,
  input logic        ready_i,
  input logic        done_i,
  input logic        done_qp_i
);

  logic [1:0] fetch_room, report_room;
  logic report_ready, refusal_ready, response_ready, valid, irq, idle;
  logic [58:0] addr;
  logic [255:0] data;
  logic [3:0] qp;
  toe_pkg::response_t refusal, response;
  always_comb begin
    refusal = '0;
    refusal.qp = {3'd0, refusal_qp_i};
    refusal.cookie = {24'd0, refusal_tag_i};
    response = '0;
    response.qp = {3'd0, response_qp_i};
    response.cookie = {24'd0, response_tag_i};
  end
  toe_contract_pkg::completion_entry_t report, entry;
  always_comb begin
    report = '0;
    report.kind = toe_contract_pkg::CompletionKindReport;
    report.cookie = {24'd0, report_tag_i};
  end
  assign entry = data;

  toe_cq_write #(.QueuePairs(2)) u_dut (
    .clk_i, .rst_ni, .qp_we_i, .qp_index_i({3'd0, qp_index_i}), .qp_enable_i(1'b1),
    .qp_cq_page_i({51'd0, qp_index_i}), .qp_cq_log2_i(4'd4),
    .doorbell_valid_i(bell_i), .doorbell_qp_i({3'd0, bell_qp_i}), .doorbell_head_i(bell_head_i),
    .fetched_i, .sq_head_i(32'd0), .fetch_room_o(fetch_room), .report_room_o(report_room),
    .report_take_i(promise_i), .report_take_qp_i({3'd0, promise_qp_i}),
    .report_qp_i({3'd0, report_qp_i}), .report_entry_i(report), .report_valid_i(report_i),
    .report_ready_o(report_ready), .refusal_i(refusal), .refusal_valid_i(refusal_i),
    .refusal_ready_o(refusal_ready), .response_i(response), .response_valid_i(response_i),
    .response_ready_o(response_ready), .cq_addr_o(addr), .cq_data_o(data), .cq_qp_o(qp),
    .cq_valid_o(valid), .cq_ready_i(ready_i), .cq_done_valid_i(done_i),
    .cq_done_qp_i({3'd0, done_qp_i}), .irq_o(irq), .idle_o(idle)
  );

  // ---- The ring of one queue pair, whichever, as it should be
  (* anyconst *) logic who;
  logic alive_q, report_taken, refusal_taken, response_taken, mine;
  logic [15:0] placed_q, seen_q, back, unseen;
  logic [4:0] promised_q;     // reports that toe_report has announced
  logic [7:0] flying_q;       // entries taken by toe_dma_write and not yet written
  assign report_taken = report_i && report_ready && report_qp_i == who;
  assign refusal_taken = refusal_i && refusal_ready && refusal_qp_i == who;
  assign response_taken = response_i && response_ready && response_qp_i == who;
  assign mine = report_taken || refusal_taken || response_taken;
  assign back = placed_q - bell_head_i;
  assign unseen = placed_q - seen_q;
  logic promise, came, bell;
  assign promise = promise_i && promise_qp_i == who;
  assign came = report_taken;
  assign bell = bell_i && bell_qp_i == who && back <= unseen;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      alive_q <= 1'b0;
      placed_q <= 16'd0;
      seen_q <= 16'd0;
      promised_q <= 5'd0;
    end else begin
      if (qp_we_i && qp_index_i == who) alive_q <= 1'b1;
      if (mine && alive_q) placed_q <= placed_q + 16'd1;
      if (bell) seen_q <= bell_head_i;
      promised_q <= promised_q + {4'd0, promise} - {4'd0, came};
    end
  end

  // ---- What was taken last, by whomever, must come out next
  logic taken_q, taken_who_q, taken_report_q;
  logic [7:0] taken_tag_q;
  logic [15:0] taken_at_q;
  logic held_q;
  logic [58:0] held_addr_q;
  logic [7:0] held_tag_q;
  always_ff @(posedge clk_i) begin
    taken_q <= rst_ni && mine && alive_q;
    taken_at_q <= placed_q;
    taken_report_q <= report_taken;
    taken_tag_q <= refusal_taken ? refusal_tag_i : response_taken ? response_tag_i : report_tag_i;
    held_q <= rst_ni && valid && !ready_i;
    held_addr_q <= addr;
    held_tag_q <= entry.cookie[7:0];
  end

  // ---- Inside, for induction
  (* hierconn *) logic [1:0] \u_dut.enabled_q ;
  (* hierconn *) logic [1:0] \u_dut.report_room_q ;
  (* hierconn *) logic [1:0] \u_dut.response_room_q ;
  (* hierconn *) logic [15:0] \u_dut.tail_q[0] ;
  (* hierconn *) logic [15:0] \u_dut.tail_q[1] ;
  (* hierconn *) logic [15:0] \u_dut.head_q[0] ;
  (* hierconn *) logic [15:0] \u_dut.head_q[1] ;
  (* hierconn *) logic [4:0] \u_dut.coming_q[0] ;
  (* hierconn *) logic [4:0] \u_dut.coming_q[1] ;
  (* hierconn *) logic [3:0] \u_dut.log2_q[0] ;
  (* hierconn *) logic [3:0] \u_dut.log2_q[1] ;
  (* hierconn *) logic [51:0] \u_dut.page_q[0] ;
  (* hierconn *) logic [51:0] \u_dut.page_q[1] ;
  logic [15:0] tail, head, used;
  logic [4:0] coming;
  logic [3:0] log2;
  logic [51:0] page;
  logic room;
  assign tail = who ? \u_dut.tail_q[1] : \u_dut.tail_q[0] ;
  assign head = who ? \u_dut.head_q[1] : \u_dut.head_q[0] ;
  assign coming = who ? \u_dut.coming_q[1] : \u_dut.coming_q[0] ;
  assign log2 = who ? \u_dut.log2_q[1] : \u_dut.log2_q[0] ;
  assign page = who ? \u_dut.page_q[1] : \u_dut.page_q[0] ;
  assign room = \u_dut.response_room_q [who];
  assign used = unseen + {11'd0, promised_q};

  logic running_q = 1'b0;
  always_ff @(posedge clk_i) running_q <= 1'b1;
  always_comb begin
    assume (rst_ni == running_q);
    // Configured once; toe_report promises only where it sees room, and sends what it promised.
    assume (!(qp_we_i && qp_index_i == who && alive_q));
    assume (!(promise && (!report_room[who] || !alive_q)));
    assume (!(report_i && report_qp_i == who && promised_q == 5'd0));
    if (running_q) begin
      i_tail: assert (tail == placed_q);
      i_head: assert (head == seen_q);
      i_coming: assert (coming == promised_q);
      i_alive: assert (\u_dut.enabled_q [who] == alive_q);
      i_config: assert (!alive_q || (log2 == 4'd4 && page == {51'd0, who}));
      a_fits: assert (unseen <= 16'd16 && used <= 16'd16);
      if (alive_q && report_room[who]) i_room: assert (used <= 16'd13);
      i_before: assert (alive_q || (placed_q == 16'd0 && seen_q == 16'd0 && promised_q == 5'd0));
      if (alive_q && room) i_response: assert (used <= 16'd15);
      if (taken_q) begin
        a_out: assert (valid && qp == {3'd0, who} && entry.cookie[7:0] == taken_tag_q &&
                       (entry.kind == toe_contract_pkg::CompletionKindReport) == taken_report_q);
        a_slot: assert (addr == {51'd0, who, 3'd0, taken_at_q[3:0]});
        a_phase: assert (entry.flags[7] == !taken_at_q[4]);
      end
      if (held_q) a_held: assert (valid && addr == held_addr_q && entry.cookie[7:0] == held_tag_q);
      a_one: assert ({1'b0, report_taken} + {1'b0, refusal_taken} + {1'b0, response_taken} <= 2'd1);
      if (valid && !ready_i) a_stop: assert (!mine);
    end
  end
endmodule
