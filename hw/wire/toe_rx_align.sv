// SPDX-License-Identifier: Apache-2.0
// Moves the first 60 bytes of the transport header into place, wherever it begins: in IPv4 at byte
// 34 + 4 i of the frame, in IPv6 at 54 + 8 i. First by 0 to 12 bytes, which the header's length
// says; then the bytes wait until it is known how far extension headers reach; then by 8 and by 32
// bytes.

module toe_rx_align (
  input  logic          clk_i,
  input  logic          rst_ni,
  input  logic          r1_valid_i,
  input  logic          r1_is6_i,
  input  logic [1:0]    r1_ihl_i,     // lower bits
  input  logic [1151:0] r1_window_i,  // bytes 34 to 177 of the frame
  input  logic          r4_valid_i,
  input  logic          r4_skip_i,    // no IP: what comes out does not matter
  input  logic [3:0]    r4_shift_i,   // by 8 bytes, from 34 (IPv4) or 38; at most 10
  input  logic          r5_valid_i,
  output logic [479:0]  r6_header_o
);

  logic [1119:0] r1_fine, r4_window;
  logic [1:0] r1_words;
  logic [991:0] r5_window_q;
  logic [479:0] r6_header_q;
  logic [1:0] r5_shift_q;
  logic r5_skip_q;

  assign r1_words = r1_is6_i ? 2'd1 : r1_ihl_i - 2'd1;
  always_comb begin
    case (r1_words)
      2'd0: r1_fine = r1_window_i[1119:0];
      2'd1: r1_fine = r1_window_i[1151:32];
      2'd2: r1_fine = {32'd0, r1_window_i[1151:64]};
      default: r1_fine = {64'd0, r1_window_i[1151:96]};
    endcase
  end

  toe_rx_wait #(.Width(1120)) u_window (
    .clk_i, .rst_ni, .push_i(r1_valid_i), .data_i(r1_fine), .pop_i(r4_valid_i), .data_o(r4_window)
  );

  always_ff @(posedge clk_i) begin
    if (r4_valid_i) begin
      r5_skip_q <= r4_skip_i;
      r5_shift_q <= r4_shift_i[3:2];
      if (!r4_skip_i) begin
        case (r4_shift_i[1:0])
          2'd0: r5_window_q <= r4_window[991:0];
          2'd1: r5_window_q <= r4_window[1055:64];
          2'd2: r5_window_q <= r4_window[1119:128];
          default: r5_window_q <= {64'd0, r4_window[1119:192]};
        endcase
      end
    end
    if (r5_valid_i && !r5_skip_q) begin
      case (r5_shift_q)
        2'd0: r6_header_q <= r5_window_q[479:0];
        2'd1: r6_header_q <= r5_window_q[735:256];
        default: r6_header_q <= r5_window_q[991:512];
      endcase
    end
  end
  assign r6_header_o = r6_header_q;

endmodule
