// SPDX-License-Identifier: Apache-2.0
// Answers echo requests (RFC 792, RFC 4443 4.2): stores the verified request and sends it back with
// MAC and IP addresses swapped, so that the source is the address asked, a header of our own, the
// type of a reply and the checksum adjusted (RFC 1624). toe_rx_parse gives requests without 802.1Q
// tag, IPv4 options and extension headers, and of at most 1,500 bytes. Trailing bytes are not
// echoed. With vlan_on the reply has the card's tag.

module toe_icmp_echo (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic [7:0]   time_to_live_i,
  input  logic         vlan_on_i,
  input  logic [15:0]  vlan_tci_i,
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

  logic [511:0] in_data;
  logic in_last, in_valid, in_ready, store_empty;

  toe_frame_buffer #(.Depth(64)) u_store (
    .clk_i, .rst_ni,
    .wr_data_i(beat_data_i), .wr_last_i(beat_last_i), .wr_valid_i(beat_valid_i),
    .wr_commit_i(beat_ok_i), .wr_overflow_o(overflow_o),
    .data_o(in_data), .last_o(in_last), .valid_o(in_valid), .ready_i(in_ready),
    .empty_o(store_empty)
  );

  // ---- a beat, and what a first beat says -------------------------------------------------------
  logic [511:0] a_data_q;
  logic a_valid_q, a_last_q, a_first_q, a_six_q, next_first_q, take;
  logic [15:0] a_bytes_q, in_total;      // bytes of the reply
  logic [17:0] a_addresses_q, a_rest_q;  // parts of the IPv4 header's sum
  logic [15:0] a_icmp_sum_q;
  logic in_six;

  assign in_ready = !a_valid_q || take;
  assign in_six = in_data[8*12 +: 16] == 16'hdd86;
  assign in_total = in_six ? {in_data[8*18 +: 8], in_data[8*19 +: 8]} :
                             {in_data[8*16 +: 8], in_data[8*17 +: 8]};

  always_ff @(posedge clk_i) begin
    if (in_valid && in_ready) begin
      a_data_q <= in_data;
      a_last_q <= in_last;
      a_first_q <= next_first_q;
    end
    if (in_valid && in_ready && next_first_q) begin
      a_six_q <= in_six;
      a_bytes_q <= in_total + (in_six ? 16'd54 : 16'd14) + {13'd0, vlan_on_i, 2'b00};
      a_addresses_q <= (18'({in_data[8*26 +: 8], in_data[8*27 +: 8]}) +
                        18'({in_data[8*28 +: 8], in_data[8*29 +: 8]})) +
                       (18'({in_data[8*30 +: 8], in_data[8*31 +: 8]}) +
                        18'({in_data[8*32 +: 8], in_data[8*33 +: 8]}));
      // Version and length, DF, TTL, ICMP.
      a_rest_q <= 18'h08501 + 18'(in_total) + 18'({time_to_live_i, 8'd0});
      a_icmp_sum_q <= in_six ? {in_data[8*56 +: 8], in_data[8*57 +: 8]} :
                               {in_data[8*36 +: 8], in_data[8*37 +: 8]};
    end
    if (!rst_ni) begin
      a_valid_q <= 1'b0;
      next_first_q <= 1'b1;
    end else if (in_ready) begin
      a_valid_q <= in_valid;
      if (in_valid) next_first_q <= in_last;
    end
  end

  // ---- the reply's beats ------------------------------------------------------------------------
  logic [18:0] header_sum;
  logic [16:0] header_fold, icmp_fold;
  logic [15:0] header_checksum, icmp_checksum;
  logic [511:0] echoed, placed, masked, out_q;
  logic [31:0] carry_q;              // pushed out of the beat before by the tag
  logic [15:0] left_q, left;         // bytes of the reply from this beat on
  logic [63:0] keep, out_keep_q;
  logic drain_q, flush_q, out_valid_q, out_last_q, room, emit, final_beat;

  assign header_sum = 19'(a_addresses_q) + 19'(a_rest_q);
  assign header_fold = 17'(header_sum[15:0]) + 17'(header_sum[18:16]);
  assign header_checksum = ~(header_fold[15:0] + 16'(header_fold[16]));
  // From type 8 to 0, or from 128 to 129.
  assign icmp_fold = 17'(a_icmp_sum_q) + (a_six_q ? 17'h0feff : 17'h00800);
  assign icmp_checksum = icmp_fold[15:0] + 16'(icmp_fold[16]);

  assign left = (a_first_q && !flush_q) ? a_bytes_q : left_q;
  assign final_beat = left <= 16'd64;
  // Without a beat to give, a simulation need not work.
  always_comb begin
    echoed = a_data_q;
    placed = 'x;
    masked = 'x;
    keep = 'x;
    if (emit) begin
      if (a_first_q) begin
        echoed[47:0] = a_data_q[95:48];
        echoed[95:48] = a_data_q[47:0];
        if (a_six_q) begin
          echoed[8*14 +: 32] = 32'h0000_0060;
          echoed[8*21 +: 8] = time_to_live_i;
          echoed[8*22 +: 128] = a_data_q[8*38 +: 128];
          echoed[8*38 +: 128] = a_data_q[8*22 +: 128];
          echoed[8*54 +: 32] = {icmp_checksum[7:0], icmp_checksum[15:8], 16'h0081};
        end else begin
          echoed[8*14 +: 16] = 16'h0045;
          echoed[8*18 +: 64] = {header_checksum[7:0], header_checksum[15:8], 8'h01,
                                time_to_live_i, 32'h0040_0000};
          echoed[8*26 +: 32] = a_data_q[8*30 +: 32];
          echoed[8*30 +: 32] = a_data_q[8*26 +: 32];
          echoed[8*34 +: 32] = {icmp_checksum[7:0], icmp_checksum[15:8], 16'd0};
        end
      end
      placed = echoed;
      if (flush_q) placed = {480'd0, carry_q};
      else if (vlan_on_i && a_first_q) placed = {echoed[479:96], vlan_tci_i[7:0],
                                                 vlan_tci_i[15:8], 16'h0081, echoed[95:0]};
      else if (vlan_on_i) placed = {echoed[479:0], carry_q};
      for (int i = 0; i < 64; i++) begin
        masked[8*i +: 8] = (left > 16'(i)) ? placed[8*i +: 8] : 8'd0;
        // Frames have at least 60 bytes.
        keep[i] = (left > 16'(i)) || (a_first_q && !flush_q && (i < 60));
      end
    end
  end

  assign room = !out_valid_q || m_ready_i;
  assign emit = room && (flush_q || (a_valid_q && !drain_q));
  assign take = a_valid_q && !flush_q && (drain_q || room);
  assign m_data_o = out_q;
  assign m_keep_o = out_keep_q;
  assign m_last_o = out_last_q;
  assign m_valid_o = out_valid_q;
  assign empty_o = store_empty && !a_valid_q && !flush_q && !out_valid_q;

  always_ff @(posedge clk_i) begin
    if (emit) begin
      out_q <= masked;
      out_keep_q <= keep;
      out_last_q <= final_beat;
      left_q <= left - 16'd64;
      carry_q <= echoed[511:480];
    end
    if (!rst_ni) begin
      drain_q <= 1'b0;
      flush_q <= 1'b0;
      out_valid_q <= 1'b0;
    end else begin
      // Beats behind the datagram are drained; what the tag pushed out may need one more.
      if (take) drain_q <= !a_last_q && (final_beat || drain_q);
      if (take && !drain_q) flush_q <= a_last_q && !final_beat;
      else if (emit) flush_q <= 1'b0;
      if (emit) out_valid_q <= 1'b1;
      else if (m_ready_i) out_valid_q <= 1'b0;
    end
  end

endmodule
