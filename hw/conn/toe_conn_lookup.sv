// SPDX-License-Identifier: Apache-2.0
// The connection table: which connection has this four-tuple.
//
// Two tables of four ways by Connections/2 sets, each indexed by its own window of a keyed Toeplitz
// hash (two tuples meet in both tables with a chance of 4/Connections^2, whoever chose them), and a
// stash of eight for what finds both its sets full. Every slot holds the full tuple and all are
// compared, so a hit is never wrong. A pipeline takes one packet or one request of the manager per
// clock; packets come first, but after three lost clocks the manager wins. So a request takes at
// most eight clocks, whether or not packets are taken from the output.
//
//   in -> s1: hash -> s2: slots read -> s3: compared -> queue of 8 (bounded by credit) -> out
//
// A packet that meets a write of its set in the very clock of its read does not see that slot:
// it was looked up before the insertion or after the deletion.
module toe_conn_lookup #(
  parameter int unsigned Connections = 1024
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic [255:0]         key_i,
  input  logic                 key_valid_i,  // until then nothing is looked up

  input  toe_pkg::segment_t    seg_i,
  input  logic                 seg_valid_i,
  output logic                 seg_ready_o,
  output toe_pkg::rx_segment_t rx_seg_o,
  output logic                 rx_seg_valid_o,
  input  logic                 rx_seg_ready_i,

  // The manager's request: start is a pulse, the operands stay until done.
  input  logic                 op_start_i,
  input  logic [1:0]           op_i,
  input  toe_pkg::tuple_t      op_tuple_i,
  input  logic [15:0]          op_conn_i,
  output logic                 op_done_o,   // a pulse; the result is valid in this clock
  output logic                 op_hit_o,    // the tuple was there before the request
  output logic [15:0]          op_found_o,  // hit: its connection
  output logic                 op_full_o,   // insert: no slot left

  output logic [3:0]           inflight_o,  // packets taken and not yet given out
  output logic                 given_o,     // one is given out in this clock
  output logic                 ready_o      // slots cleared
);

  localparam int unsigned Sets = Connections / 2;
  localparam int unsigned SetW = $clog2(Sets);
  localparam int unsigned TupleW = toe_pkg::TupleW;
  localparam int unsigned SlotW = 17 + TupleW;  // valid, conn, tuple
  localparam int unsigned Ways = 8;     // of both tables together; 3:0 first, 7:4 second
  localparam int unsigned Slots = 16;   // and the stash

  // ---- entry: credit, arbitration, hash
  logic       ready_q, credit_q, take, op_take, op_pending_q;
  logic [1:0] stalls_q;
  logic [3:0] inflight_q;
  logic       op_forced;

  assign op_forced = op_pending_q && stalls_q == 2'd3;
  assign seg_ready_o = ready_q && key_valid_i && credit_q && !op_forced;
  assign take = seg_valid_i && seg_ready_o;
  assign op_take = ready_q && key_valid_i && op_pending_q && !take;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      op_pending_q <= 1'b0;
      stalls_q <= 2'd0;
      inflight_q <= 4'd0;
      credit_q <= 1'b1;
    end else begin
      if (op_start_i) op_pending_q <= 1'b1;
      else if (op_take) op_pending_q <= 1'b0;
      if (op_take) stalls_q <= 2'd0;
      else if (op_pending_q && take) stalls_q <= stalls_q + 2'd1;
      if (take && !given_o) begin
        inflight_q <= inflight_q + 4'd1;
        credit_q <= inflight_q < 4'd7;
      end else if (given_o && !take) begin
        inflight_q <= inflight_q - 4'd1;
        credit_q <= 1'b1;
      end
    end
  end

  logic [TupleW-1:0] tuple, seg_tuple, op_tuple;
  logic [SetW-1:0]   hash0, hash1;
  assign seg_tuple = seg_i.tuple;
  assign op_tuple = op_tuple_i;
  assign tuple = take ? seg_tuple : op_tuple;
  for (genvar b = 0; b < SetW; b++) begin : gen_hash
    assign hash0[b] = ^(tuple & key_i[b+:TupleW]);
    assign hash1[b] = ^(tuple & key_i[64+b+:TupleW]);
  end

  // ---- s1: read the slots
  logic              s1_seg_q, s1_op_q, s2_seg_q, s2_op_q, s3_seg_q, s3_op_q;
  logic [TupleW-1:0] s1_tuple_q, s2_tuple_q, s3_tuple_q;
  logic [SetW-1:0]   s1_set0_q, s1_set1_q, s2_set0_q, s2_set1_q, s3_set0_q, s3_set1_q;
  toe_pkg::segment_t s1_data_q, s2_data_q, s3_data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      s1_seg_q <= 1'b0;
      s1_op_q <= 1'b0;
      s2_seg_q <= 1'b0;
      s2_op_q <= 1'b0;
      s3_seg_q <= 1'b0;
      s3_op_q <= 1'b0;
    end else begin
      s1_seg_q <= take;
      s1_op_q <= op_take;
      s2_seg_q <= s1_seg_q;
      s2_op_q <= s1_op_q;
      s3_seg_q <= s2_seg_q;
      s3_op_q <= s2_op_q;
    end
    if (take || op_take) begin
      s1_tuple_q <= tuple;
      s1_set0_q <= hash0;
      s1_set1_q <= hash1;
    end
    if (s1_seg_q || s1_op_q) begin
      s2_tuple_q <= s1_tuple_q;
      s2_set0_q <= s1_set0_q;
      s2_set1_q <= s1_set1_q;
    end
    if (s2_op_q) begin
      s3_tuple_q <= s2_tuple_q;
      s3_set0_q <= s2_set0_q;
      s3_set1_q <= s2_set1_q;
    end
    if (take) s1_data_q <= seg_i;
    if (s1_seg_q) s2_data_q <= s1_data_q;
    if (s2_seg_q) s3_data_q <= s2_data_q;
  end

  // ---- writing: the manager's request in s3, or clearing after reset
  logic [Slots-1:0] s3_hit_q, s3_used_q, write;
  logic             s3_full_q, s3_second_q;
  logic [SetW-1:0]  clear_q, waddr0, waddr1;
  logic [SlotW-1:0] wdata;
  logic             wdata_valid;

  assign waddr0 = ready_q ? s3_set0_q : clear_q;
  assign waddr1 = ready_q ? s3_set1_q : clear_q;
  assign wdata_valid = ready_q && op_i == toe_conn_pkg::OpInsert;
  assign wdata = {wdata_valid, op_conn_i, s3_tuple_q};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ready_q <= 1'b0;
      clear_q <= SetW'(0);
    end else if (!ready_q) begin
      clear_q <= clear_q + 1'b1;
      ready_q <= &clear_q;
    end
  end

  // The first free slot of the emptier set; of the stash when both are full.
  logic [Slots-1:0] open, choice;
  always_comb begin
    open = ~s3_used_q;
    if (s3_second_q) open[3:0] = 4'h0;
    else open[7:4] = 4'h0;
    if (|open[7:0]) open[15:8] = 8'h0;
    choice = open & (~open + 16'd1);  // lowest one
  end

  always_comb begin
    write = 16'h0;
    if (!ready_q) begin
      write = 16'hffff;
    end else if (s3_op_q) begin
      if (op_i == toe_conn_pkg::OpDelete) write = s3_hit_q;
      else if (op_i == toe_conn_pkg::OpInsert && s3_hit_q == 16'h0) write = choice;
    end
  end

  // ---- s2: compare
  logic [Slots-1:0]    hit, used;
  logic [16*Slots-1:0] conns, s3_conns_q;

  for (genvar w = 0; w < Ways; w++) begin : gen_way
    logic [SlotW-1:0] slot;
    logic             masked_q;
    logic [SetW-1:0]  raddr, waddr;
    assign raddr = (w < 4) ? s1_set0_q : s1_set1_q;
    assign waddr = (w < 4) ? waddr0 : waddr1;
    toe_ram_1r1w #(.Width(SlotW), .Depth(Sets)) u_slots (
      .clk_i,
      .wr_en_i  (write[w]),
      .wr_addr_i(waddr),
      .wr_data_i(wdata),
      .rd_en_i  (s1_seg_q || s1_op_q),
      .rd_addr_i(raddr),
      .rd_data_o(slot)
    );
    always_ff @(posedge clk_i) begin
      if (s1_seg_q || s1_op_q) masked_q <= write[w] && waddr == raddr;
    end
    assign used[w] = slot[SlotW-1];
    assign hit[w] = slot[SlotW-1] && slot[TupleW-1:0] == s2_tuple_q && !masked_q;
    assign conns[16*w+:16] = slot[TupleW+:16];
  end

  for (genvar w = Ways; w < Slots; w++) begin : gen_stash
    logic        valid_q;
    logic [SlotW-2:0] slot_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) valid_q <= 1'b0;
      else if (write[w]) valid_q <= wdata[SlotW-1];
      if (write[w]) slot_q <= wdata[SlotW-2:0];
    end
    assign used[w] = valid_q;
    assign hit[w] = valid_q && slot_q[TupleW-1:0] == s2_tuple_q;
    assign conns[16*w+:16] = slot_q[TupleW+:16];
  end

  logic [2:0] used0, used1;
  assign used0 = 3'(used[0]) + 3'(used[1]) + 3'(used[2]) + 3'(used[3]);
  assign used1 = 3'(used[4]) + 3'(used[5]) + 3'(used[6]) + 3'(used[7]);
  always_ff @(posedge clk_i) begin
    if (s2_seg_q || s2_op_q) begin
      s3_second_q <= used0 > used1;
      s3_hit_q <= hit;
      s3_used_q <= used;
      s3_full_q <= &used;
      s3_conns_q <= conns;
    end
  end

  // ---- s3: result
  logic [15:0] conn;
  always_comb begin
    conn = 16'h0;
    for (int w = 0; w < 16; w++) conn |= s3_conns_q[16*w+:16] & {16{s3_hit_q[w]}};
  end

  assign op_done_o = s3_op_q;
  assign op_hit_o = s3_hit_q != 16'h0;
  assign op_full_o = !op_hit_o && s3_full_q;
  assign op_found_o = conn;

  toe_pkg::rx_segment_t result;
  assign result.hit = s3_hit_q != 16'h0;
  assign result.conn = conn;
  assign result.seg = s3_data_q;

  logic [3:0]                          count;
  logic                                queue_ready;
  logic [toe_pkg::RxSegmentW-1:0] queue_in, queue_out;
  assign queue_in = result;
  assign rx_seg_o = queue_out;
  toe_fifo #(.Width(toe_pkg::RxSegmentW), .Depth(8)) u_queue (
    .clk_i,
    .rst_ni,
    .in_data_i  (queue_in),
    .in_valid_i (s3_seg_q),
    .in_ready_o (queue_ready),
    .out_data_o (queue_out),
    .out_valid_o(rx_seg_valid_o),
    .out_ready_i(rx_seg_ready_i),
    .count_o    (count)
  );

  assign given_o = rx_seg_valid_o && rx_seg_ready_i;
  assign inflight_o = inflight_q;
  assign ready_o = ready_q;

  logic unused;
  assign unused = ^{count, queue_ready, key_i};

`ifndef SYNTHESIS
`ifndef YOSYS
  logic [3:0] op_age_q;
  always_ff @(posedge clk_i) begin
    op_age_q <= op_start_i ? 4'd1 : (op_age_q == 4'd15) ? 4'd15 : op_age_q + 4'd1;
    if (rst_ni && ready_q) begin
      assert (!s3_seg_q || queue_ready) else $error("toe_conn_lookup: result lost");
      assert ((s3_hit_q & (s3_hit_q - 16'd1)) == 16'h0 || !(s3_seg_q || s3_op_q))
        else $error("toe_conn_lookup: tuple is there twice");
      assert (!s3_op_q || op_age_q <= 4'd12) else $error("toe_conn_lookup: request took too long");
    end
  end
`endif
`endif

endmodule
