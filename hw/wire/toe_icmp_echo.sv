// SPDX-License-Identifier: Apache-2.0
// Answers ICMP echo requests (RFC 792): stores the verified request and sends it back with
// addresses swapped, type 0 and the checksum adjusted (RFC 1624). Requests have no IPv4 options and
// at most 1472 bytes of payload; toe_rx_parse lets no other through. Trailing bytes are not echoed.

module toe_icmp_echo (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic [511:0] beat_data_i,
  input  logic         beat_last_i,
  input  logic         beat_valid_i,   // beats of ICMP frames alone
  input  logic         beat_ok_i,      // with the last: a request to answer
  output logic         overflow_o,     // with the last: it would not fit
  output logic [511:0] m_data_o,
  output logic [63:0]  m_keep_o,
  output logic         m_last_o,
  output logic         m_valid_o,
  input  logic         m_ready_i,
  output logic         empty_o
);

  logic [511:0] in_data, out_q, echoed, masked;
  logic in_last, in_valid, in_ready, store_empty;
  logic first_q, drain_q, out_valid_q, out_last_q, last_beat;
  logic [63:0] out_keep_q, keep;
  logic [15:0] left_q, left;        // bytes of the datagram's frame from this beat on
  logic [63:0] content;

  toe_frame_buffer #(.Depth(64)) u_store (
    .clk_i, .rst_ni,
    .wr_data_i(beat_data_i), .wr_last_i(beat_last_i), .wr_valid_i(beat_valid_i),
    .wr_commit_i(beat_ok_i), .wr_overflow_o(overflow_o),
    .data_o(in_data), .last_o(in_last), .valid_o(in_valid), .ready_i(in_ready),
    .empty_o(store_empty)
  );

  // The sum over the new header: version 4, length 5, DF, TTL 64, ICMP, then what varies.
  logic [18:0] sum1;
  logic [16:0] sum2;
  logic [15:0] header_sum, icmp_sum;
  logic [16:0] icmp_sum1;
  logic [15:0] total;

  assign total = {in_data[8*16 +: 8], in_data[8*17 +: 8]};
  // C501 = 4500 + 4000 + 4001 folded.
  assign sum1 = ((19'h0c501 + 19'(total)) +
                 (19'({in_data[8*26 +: 8], in_data[8*27 +: 8]}) +
                  19'({in_data[8*28 +: 8], in_data[8*29 +: 8]}))) +
                (19'({in_data[8*30 +: 8], in_data[8*31 +: 8]}) +
                 19'({in_data[8*32 +: 8], in_data[8*33 +: 8]}));
  assign sum2 = 17'(sum1[15:0]) + 17'(sum1[18:16]);
  assign header_sum = ~(sum2[15:0] + 16'(sum2[16]));
  assign icmp_sum1 = 17'({in_data[8*36 +: 8], in_data[8*37 +: 8]}) + 17'h00800;
  assign icmp_sum = icmp_sum1[15:0] + 16'(icmp_sum1[16]);

  always_comb begin
    echoed = in_data;
    if (first_q) begin
      echoed[47:0] = in_data[95:48];
      echoed[95:48] = in_data[47:0];
      echoed[8*18 +: 64] = {header_sum[7:0], header_sum[15:8], 8'h01, 8'h40, 32'h0040_0000};
      echoed[8*26 +: 32] = in_data[8*30 +: 32];
      echoed[8*30 +: 32] = in_data[8*26 +: 32];
      echoed[8*34 +: 32] = {icmp_sum[7:0], icmp_sum[15:8], 16'd0};
    end
  end

  assign left = first_q ? total + 16'd14 : left_q;
  assign last_beat = left <= 16'd64;
  for (genvar i = 0; i < 64; i++) begin : g_keep
    assign content[i] = left > 16'(i);
    assign masked[8*i +: 8] = content[i] ? echoed[8*i +: 8] : 8'd0;
    // Frames have at least 60 bytes.
    assign keep[i] = content[i] || (first_q && (i < 60));
  end

  assign in_ready = drain_q || !out_valid_q || m_ready_i;
  assign m_data_o = out_q;
  assign m_keep_o = out_keep_q;
  assign m_last_o = out_last_q;
  assign m_valid_o = out_valid_q;
  assign empty_o = store_empty && !out_valid_q;

  always_ff @(posedge clk_i) begin
    if (in_valid && in_ready && !drain_q) begin
      out_q <= masked;
      out_keep_q <= keep;
      out_last_q <= last_beat;
      left_q <= left - 16'd64;
    end
    if (!rst_ni) begin
      first_q <= 1'b1;
      drain_q <= 1'b0;
      out_valid_q <= 1'b0;
    end else begin
      if (in_valid && in_ready) begin
        first_q <= in_last;
        drain_q <= !in_last && (last_beat || drain_q);
      end
      if (in_valid && in_ready && !drain_q) out_valid_q <= 1'b1;
      else if (m_ready_i) out_valid_q <= 1'b0;
    end
  end

endmodule
