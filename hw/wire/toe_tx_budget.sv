// SPDX-License-Identifier: Apache-2.0
// How much payload may be between the transmit engine and the MAC: what hides the latency of reads
// from host memory, and no more. An acknowledgement rides on the segment it was put on, so every
// byte that waits in front of it makes the peer's round trip longer.
//
// There must be what the MAC sends during a read, the segment that leaves, and the one whose last
// bytes are missing: a segment enters while there is less than what 64 bytes a clock of the latency
// make (100 Gb/s are 50), and twice its own length. The latency is the least of the last Window
// samples, without the time that the segment's own lines take, so that a queue of reads does not
// count as latency and does not make itself longer.

module toe_tx_budget #(
  parameter int unsigned Window = 16
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [15:0] len_i,        // payload of the segment that is to enter
  output logic        room_o,       // it may
  input  logic        enter_i,      // it does
  input  logic        again_i,      // a parked one enters, whether there is room or not
  input  logic [15:0] again_len_i,
  input  logic        back_i,       // one was parked or dropped
  input  logic [15:0] back_len_i,
  input  logic        read_i,       // the payload of one is asked for
  input  logic [9:0]  read_lines_i, // ... and takes so many lines
  input  logic        there_i,      // the payload of one is there; in the same order
  input  logic        sent_i,       // one has left to the MAC
  input  logic [15:0] sent_len_i
);

  localparam int unsigned CountW = 20;  // up to 20 parked segments of 16 KiB may enter at once
  localparam logic [8:0] LatencyMax = 9'd383;
  localparam logic [8:0] Stages = 9'd16;  // clocks before the read and behind it
  localparam logic [8:0] LatencyAtReset = 9'd200;

  // ---- Latency: one read at a time is timed ----------------------------------------------------
  logic timing_q, sampled;
  logic [7:0] reads_q, left_q;  // payloads not there yet; ... up to the one that is timed
  logic [10:0] clocks_q;        // since it was asked for, less the clocks of its lines
  logic [8:0] sample, least_q, latency_q;
  logic [$clog2(Window)-1:0] samples_q;

  assign sampled = timing_q && there_i && left_q == 8'd1;
  always_comb begin
    sample = clocks_q[8:0];
    if (clocks_q[10]) sample = 9'd0;
    else if (clocks_q[9:0] > {1'b0, LatencyMax}) sample = LatencyMax;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      timing_q <= 1'b0;
      reads_q <= 8'd0;
      samples_q <= '0;
      least_q <= LatencyMax;
      latency_q <= LatencyAtReset + Stages;
    end else begin
      if (read_i != there_i) reads_q <= read_i ? reads_q + 8'd1 : reads_q - 8'd1;
      if (sampled) timing_q <= 1'b0;
      else if (read_i) timing_q <= 1'b1;
      if (sampled) begin
        samples_q <= samples_q + 1'b1;
        least_q <= sample < least_q ? sample : least_q;
        if (samples_q == '1) begin
          least_q <= LatencyMax;
          latency_q <= (sample < least_q ? sample : least_q) + Stages;
        end
      end
    end
    if (timing_q) begin
      if (there_i) left_q <= left_q - 8'd1;
      if (clocks_q != 11'h3ff) clocks_q <= clocks_q + 11'd1;
    end else if (read_i) begin
      left_q <= reads_q + (there_i ? 8'd0 : 8'd1);
      clocks_q <= 11'd0 - {1'b0, read_lines_i};
    end
  end

  // ---- Bytes -----------------------------------------------------------------------------------
  logic [CountW-1:0] bytes_q, added, removed, lacks;

  assign added = (enter_i ? CountW'(len_i) : '0) + (again_i ? CountW'(again_len_i) : '0);
  assign removed = (back_i ? CountW'(back_len_i) : '0) + (sent_i ? CountW'(sent_len_i) : '0);
  assign lacks = bytes_q - CountW'({len_i, 1'b0}) - CountW'({latency_q, 6'd0});
  assign room_o = lacks[CountW-1];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) bytes_q <= '0;
    else if (enter_i || again_i || back_i || sent_i) bytes_q <= bytes_q + (added - removed);
  end

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!bytes_q[CountW-1]) else $error("more bytes left than entered");
      assert (!(there_i && reads_q == 8'd0)) else $error("payload that nobody asked for");
    end
  end
`endif
`endif

endmodule
