// SPDX-License-Identifier: Apache-2.0
// Which bytes of a frame belong to its datagram, whether the frame has them all, and their sums
// (RFC 1071). An IPv4 datagram is summed as a whole: a valid header sums to zero, so what remains
// is the sum of its payload; the header's sum is taken besides. An IPv6 datagram is summed from its
// addresses on, which are most of the pseudo header (RFC 8200 8.1), extension headers included.

module toe_rx_sums (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic [511:0] s0_data_i,
  input  logic [63:0]  s0_keep_i,
  input  logic         s0_last_i,
  input  logic         s0_first_i,
  input  logic         s0_second_i,
  input  logic         s0_valid_i,
  input  logic         s0_is6_i,    // with the first
  input  logic [16:0]  s0_total_i,
  output logic         r2_cut_o,    // with the last beat: frame shorter than its datagram
  output logic [31:0]  r4_sum_o,
  output logic [21:0]  r4_header_sum_o
);

  logic [511:0] s1_data_q;
  logic [63:0] s1_keep_q, s1_mask_d, s1_mask_q;
  logic [63:0] s1_hmask_d, s1_hmask_q;  // bytes of the IPv4 header
  logic [16:0] s1_left_d, s1_left_q;    // bytes from this beat's start to the datagram's end
  logic s1_last_q, s1_first_q, s1_second_q, s1_valid_q;
  logic [3:0] s1_ihl_q;

  always_comb begin
    if (s0_first_i) s1_left_d = s0_total_i + 17'd14;
    else if (s1_left_q[16:6] == '0) s1_left_d = '0;
    else s1_left_d = s1_left_q - 17'd64;
  end

  for (genvar i = 0; i < 64; i++) begin : g_mask
    logic in_first, in_next;
    if (i < 14) begin : g_eth
      assign in_first = 1'b0;
    end else begin : g_ip
      // Not summed of an IPv6 header: what is not in the pseudo header.
      assign in_first = ((s0_total_i[16:6] != '0) || (s0_total_i[5:0] > 6'(i - 14))) &&
                        !(s0_is6_i && (i < 22));
    end
    if (i == 63) begin : g_end
      assign in_next = s1_left_q[16:7] != '0;
    end else begin : g_within
      assign in_next = (s1_left_q[16:7] != '0) || (s1_left_q[6] && (s1_left_q[5:0] > 6'(i)));
    end
    assign s1_mask_d[i] = s0_first_i ? in_first : in_next;
    if (i >= 14 && i < 34) begin : g_fixed
      assign s1_hmask_d[i] = s0_first_i;
    end else if (i >= 34) begin : g_opt
      assign s1_hmask_d[i] = s0_first_i && (s0_data_i[115:112] > 4'((i - 14) / 4));
    end else if (i < 10) begin : g_second
      assign s1_hmask_d[i] = s0_second_i && (s1_ihl_q > 4'((i + 50) / 4));
    end else begin : g_none
      assign s1_hmask_d[i] = 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (s0_valid_i) begin
      s1_data_q <= s0_data_i;
      s1_keep_q <= s0_keep_i;
      s1_last_q <= s0_last_i;
      s1_first_q <= s0_first_i;
      s1_second_q <= s0_second_i;
      s1_mask_q <= s1_mask_d;
      s1_hmask_q <= s1_hmask_d;
      s1_left_q <= s1_left_d;
      if (s0_first_i) s1_ihl_q <= s0_data_i[115:112];
    end
    if (!rst_ni) s1_valid_q <= 1'b0;
    else s1_valid_q <= s0_valid_i;
  end

  logic [20:0] s3_sum, s3_hsum;
  toe_checksum u_sum (
    .clk_i, .valid_i(s1_valid_q), .data_i(s1_data_q), .keep_i(s1_mask_q), .sum_o(s3_sum)
  );
  toe_checksum u_header_sum (
    .clk_i, .valid_i(s1_valid_q && (s1_first_q || s1_second_q)), .data_i(s1_data_q),
    .keep_i(s1_hmask_q), .sum_o(s3_hsum)
  );

  logic [3:2] first_q, second_q, v_q;
  logic [7:0] s2_hole_q;
  logic s2_over_q, s3_cut_q;
  logic [31:0] s4_sum_q;
  logic [21:0] s4_hsum_q;

  // The frame ends before the datagram does, or has holes, in this beat or one before.
  assign r2_cut_o = (s2_hole_q != '0) || s2_over_q || (!first_q[2] && s3_cut_q);

  always_ff @(posedge clk_i) begin
    first_q <= {first_q[2], s1_first_q};
    second_q <= {second_q[2], s1_second_q};
    if (s1_valid_q) begin
      for (int g = 0; g < 8; g++) begin
        s2_hole_q[g] <= (s1_mask_q[8*g +: 8] & ~s1_keep_q[8*g +: 8]) != '0;
      end
      s2_over_q <= s1_last_q && (s1_left_q > 17'd64);
    end
    if (v_q[2]) s3_cut_q <= r2_cut_o;
    if (v_q[3]) s4_sum_q <= first_q[3] ? 32'(s3_sum) : s4_sum_q + 32'(s3_sum);
    if (v_q[3] && first_q[3]) s4_hsum_q <= 22'(s3_hsum);
    else if (v_q[3] && second_q[3]) s4_hsum_q <= s4_hsum_q + 22'(s3_hsum);
    if (!rst_ni) v_q <= '0;
    else v_q <= {v_q[2], s1_valid_q};
  end

  assign r4_sum_o = s4_sum_q;
  assign r4_header_sum_o = s4_hsum_q;

endmodule
