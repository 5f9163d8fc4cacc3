// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 (Aumasson, Bernstein 2012) of one to four 64-bit words, one SipRound per clock.
// The caller puts the message's length into the last word as the paper says, so the result is
// the standard SipHash-2-4 of a message of up to 31 bytes.
//
// start_i begins a new hash at any time and forgets an unfinished one. The words stay until the
// result is on hash_o, and valid_o high, 2 n + 5 clocks later for n words; it stays until the next
// start.
module toe_siphash (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  input  logic [127:0] key_i,    // k0 in bits 63:0; byte 0 of the key lowest
  input  logic [1:0]   last_i,   // n - 1
  input  logic [255:0] words_i,  // word 0 in bits 63:0

  output logic         busy_o,
  output logic         valid_o,
  output logic [63:0]  hash_o
);

  logic [63:0] v0_q, v1_q, v2_q, v3_q;
  logic [63:0] word_q, next_q, after;
  logic [1:0]  after_q;  // index of the word after the next
  logic        busy_q, valid_q;
  logic [3:0]  step_q;   // SipRounds still to do, this one included

  localparam logic [3:0] StepsFinal = 4'd4;

  // One SipRound.
  logic [63:0] a0, a1, a2, a3, b0, b1, b2, b3;
  assign a0 = v0_q + v1_q;
  assign a2 = v2_q + v3_q;
  assign a1 = {v1_q[50:0], v1_q[63:51]} ^ a0;
  assign a3 = {v3_q[47:0], v3_q[63:48]} ^ a2;
  assign b2 = a2 + a1;
  assign b0 = {a0[31:0], a0[63:32]} + a3;
  assign b1 = {a1[46:0], a1[63:47]} ^ b2;
  assign b3 = {a3[42:0], a3[63:43]} ^ b0;

  // After the second round of a word, the word goes into v0 and what follows it into v2 or v3.
  logic word_end, into_final;
  assign into_final = step_q == StepsFinal + 4'd1;
  assign word_end = step_q > StepsFinal && step_q[0];
  assign after = words_i[64*after_q+:64];

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      v0_q <= key_i[63:0] ^ 64'h736f6d6570736575;
      v1_q <= key_i[127:64] ^ 64'h646f72616e646f6d;
      v2_q <= key_i[63:0] ^ 64'h6c7967656e657261;
      v3_q <= key_i[127:64] ^ 64'h7465646279746573 ^ words_i[63:0];
      word_q <= words_i[63:0];
      next_q <= words_i[127:64];
      after_q <= 2'd2;
      step_q <= {1'b0, last_i, 1'b0} + StepsFinal + 4'd2;
    end else if (busy_q) begin
      v0_q <= word_end ? b0 ^ word_q : b0;
      v1_q <= b1;
      v2_q <= {b2[31:0], b2[63:32]} ^ (into_final ? 64'hff : 64'h0);
      v3_q <= word_end && !into_final ? b3 ^ next_q : b3;
      if (word_end) begin
        word_q <= next_q;
        next_q <= after;
        after_q <= after_q + 2'd1;
      end
      step_q <= step_q - 4'd1;
    end
    if (!rst_ni) begin
      busy_q <= 1'b0;
      valid_q <= 1'b0;
    end else if (start_i) begin
      busy_q <= 1'b1;
      valid_q <= 1'b0;
    end else if (busy_q && step_q == 4'd1) begin
      busy_q <= 1'b0;
      valid_q <= 1'b1;
    end
  end

  assign busy_o = busy_q;
  assign valid_o = valid_q;
  assign hash_o = v0_q ^ v1_q ^ v2_q ^ v3_q;

endmodule
