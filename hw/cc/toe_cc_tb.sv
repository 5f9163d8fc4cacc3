// SPDX-License-Identifier: Apache-2.0
// Flattens the ports of toe_cc for its test.

module toe_cc_tb (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] now_us_i,
  input  logic        valid_i,
  input  logic [15:0] conn_i,
  input  logic [2:0]  op_i,
  input  logic [1:0]  cc_i,
  input  logic        slow_i,
  input  logic [31:0] cwnd_i,
  input  logic [15:0] mss_i,
  input  logic [31:0] acked_i,
  input  logic [31:0] flight_i,
  input  logic        ece_i,
  input  logic [31:0] una_i,
  input  logic [31:0] nxt_i,
  input  logic [31:0] srtt_i,
  output logic        answer_valid_o,
  input  logic        answer_ready_i,
  output logic [15:0] answer_conn_o,
  output logic [31:0] answer_step_o,
  output logic [10:0] answer_alpha_o,
  output logic        idle_o
);

  toe_pkg::time_t now;
  toe_pkg::cc_event_t ev;
  toe_pkg::cc_answer_t answer;
  assign now.us = now_us_i;
  assign now.ticks = {10'd0, now_us_i[31:10]};
  assign now.ts_clock = 32'd0;
  always_comb begin
    ev.conn = conn_i;
    ev.op = op_i;
    ev.cc = cc_i;
    ev.in_slow_start = slow_i;
    ev.cwnd = cwnd_i;
    ev.mss = mss_i;
    ev.acked = acked_i;
    ev.flight = flight_i;
    ev.ece = ece_i;
    ev.snd_una = una_i;
    ev.snd_nxt = nxt_i;
    ev.srtt = srtt_i;
  end
  assign answer_conn_o = answer.conn;
  assign answer_step_o = answer.step;
  assign answer_alpha_o = answer.alpha;

  toe_cc #(.Connections(256)) u_cc (
    .clk_i, .rst_ni, .now_i(now), .event_i(ev), .event_valid_i(valid_i), .answer_o(answer),
    .answer_valid_o, .answer_ready_i, .idle_o
  );

endmodule
