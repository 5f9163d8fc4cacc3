// SPDX-License-Identifier: Apache-2.0
// The key of the lookup's hash. A Toeplitz hash is universal only if every bit of its key is its
// own, and 162 bits of tuple with two windows need 241, while the register hash_key has 128: used
// twice over, two tuples that differ in bits n and n + 128 alone would collide whatever the key is.
// So its second half is SipHash-2-4 of the first with the secret, made when the card is enabled.
module toe_conn_key (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         enable_i,
  input  logic [127:0] hash_key_i,   // constant while enabled

  // toe_siphash, while granted
  output logic         want_o,
  input  logic         granted_i,
  output logic         hash_start_o,
  output logic [255:0] hash_words_o, // three words
  input  logic         hash_valid_i,
  input  logic [63:0]  hash_i,

  output logic [255:0] key_o,
  output logic         valid_o       // the key is that of hash_key_i
);

  logic         enabled_q, want_q, valid_q, running_q, second_q;
  logic [127:0] more_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      enabled_q <= 1'b0;
      want_q <= 1'b0;
      valid_q <= 1'b0;
      running_q <= 1'b0;
      second_q <= 1'b0;
    end else begin
      enabled_q <= enable_i;
      if (enable_i && !enabled_q) begin
        want_q <= 1'b1;
        valid_q <= 1'b0;
        second_q <= 1'b0;
        running_q <= 1'b0;
      end else if (hash_start_o) begin
        running_q <= 1'b1;
      end else if (running_q && hash_valid_i) begin
        running_q <= 1'b0;
        second_q <= 1'b1;
        if (second_q) begin
          want_q <= 1'b0;
          valid_q <= 1'b1;
        end
      end
    end
    if (running_q && hash_valid_i) more_q <= {hash_i, more_q[127:64]};
  end

  assign want_o = want_q;
  assign hash_start_o = want_q && granted_i && !running_q;
  assign hash_words_o = {64'd0, 8'd23, 8'd0, 6'd0, toe_conn_pkg::HashKey, 39'd0, second_q,
                         hash_key_i};
  assign key_o = {more_q, hash_key_i};
  assign valid_o = valid_q;

endmodule
