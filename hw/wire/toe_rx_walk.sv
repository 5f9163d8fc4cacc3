// SPDX-License-Identifier: Apache-2.0
// Finds the transport header of a datagram: behind the IPv4 header, or behind up to four IPv6
// extension headers (RFC 8200 4; RFC 8504 5.3 allows the limit) of 64 bytes in all, for which every
// place where one can begin is looked at in one go. Whole frames at one per clock, three clocks
// late. What the options in extension headers say is judged later (toe_rx_extension).
//
// Units are 8 bytes, counted from the end of the IPv6 header.

module toe_rx_walk (
  input  logic         clk_i,
  input  logic         r1_valid_i,
  input  logic         r1_is6_i,
  input  logic [7:0]   r1_protocol_i,  // of the IPv4 header, or next header of the IPv6 header
  input  logic [3:0]   r1_ihl_i,
  input  logic [511:0] r1_area_i,      // the 64 bytes behind the IPv6 header
  output logic         r1_extended_o,  // IPv6 with an extension header
  input  logic         r2_valid_i,
  input  logic         r3_valid_i,

  output logic         r4_tcp_o,
  output logic         r4_icmp_o,      // of its version; neither: no header of interest found
  output logic         r4_extended_o,
  output logic [1:0]   r4_first_o,     // toe_wire_pkg::ExtensionHop, ..
  output logic [3:0]   r4_units_o,     // of extension headers
  output logic [4:0]   r4_words_o,     // 4-byte words before the transport header
  output logic [3:0]   r4_shift_o      // by 8 bytes, as toe_rx_align takes it
);

  localparam logic [2:0] Hop = {1'b0, toe_wire_pkg::ExtensionHop};
  localparam logic [2:0] Dest = {1'b0, toe_wire_pkg::ExtensionDest};
  localparam logic [2:0] Route = {1'b0, toe_wire_pkg::ExtensionRoute};
  localparam logic [2:0] Tcp = 3'd4;
  localparam logic [2:0] Icmp = 3'd5;
  localparam logic [2:0] Bad = 3'd7;   // fragment, security and unknown ones included

  function automatic logic [2:0] class6(input logic [7:0] header, input logic first);
    case (header)
      8'd0:    class6 = first ? Hop : Bad;  // RFC 8200 4.1: nowhere else
      8'd60:   class6 = Dest;
      8'd43:   class6 = Route;
      8'd6:    class6 = Tcp;
      8'd58:   class6 = Icmp;
      default: class6 = Bad;
    endcase
  endfunction

  // A header in unit k: {no segments left, class of what follows, units up to its end}.
  function automatic logic [7:0] step_of(input logic [3:0] k, input logic [15:0] header,
                                         input logic none_left);
    logic [4:0] sum;
    sum = 5'(k) + 5'd1 + 5'(header[11:8]);
    step_of[7] = none_left;
    step_of[6:4] = class6(header[7:0], 1'b0);
    step_of[3:0] = sum[3:0];
    if ((header[15:12] != '0) || (sum > 5'd8)) step_of[6:4] = Bad;  // beyond the area
  endfunction

  // ---- r2: for each unit, were it a header, what follows ----------------------------------
  localparam int unsigned StepW = 8;
  logic [2:0] r1_first, r2_first_q, r3_first_q;
  logic [8*StepW-1:0] r2_step_q;
  logic r2_is6_q, r3_is6_q;
  logic [3:0] r2_ihl_q, r3_ihl_q;

  always_comb begin
    if (r1_is6_i) r1_first = class6(r1_protocol_i, 1'b1);
    else r1_first = (r1_protocol_i == 8'd6) ? Tcp : ((r1_protocol_i == 8'd1) ? Icmp : Bad);
  end
  assign r1_extended_o = r1_is6_i && !r1_first[2];

  always_ff @(posedge clk_i) begin
    if (r1_valid_i) begin
      for (int k = 0; k < 8; k++) begin
        r2_step_q[StepW*k +: StepW] <= step_of(4'(k), r1_area_i[64*k +: 16],
                                               r1_area_i[64*k+24 +: 8] == 8'd0);
      end
      r2_first_q <= r1_first;
      r2_is6_q <= r1_is6_i;
      r2_ihl_q <= r1_ihl_i;
    end
  end

  // One header further: {class, place} before and behind. A routing header must be at its end (RFC
  // 8200 4.4: as one of an unknown type).
  function automatic logic [6:0] further(input logic [6:0] at, input logic [8*StepW-1:0] steps);
    logic [StepW-1:0] step;
    step = steps[StepW*32'(at[2:0]) +: StepW];
    if (at[6]) further = at;                                             // no extension header
    else if (at[3] || ((at[6:4] == Route) && !step[7])) further = {Bad, 4'd0};
    else further = step[6:0];
  endfunction

  // ---- r3: for each unit, what follows the header there and the one behind it ------------------
  logic [8*7-1:0] r3_two_q;
  logic [7:0] r3_none_left_q;   // by unit
  always_ff @(posedge clk_i) begin
    if (r2_valid_i) begin
      for (int k = 0; k < 8; k++) begin
        r3_two_q[7*k +: 7] <= further(r2_step_q[StepW*k +: 7], r2_step_q);
        r3_none_left_q[k] <= r2_step_q[StepW*k + 7];
      end
      r3_first_q <= r2_first_q;
      r3_is6_q <= r2_is6_q;
      r3_ihl_q <= r2_ihl_q;
    end
  end

  // ---- r4: two and two make four ----------------------------------------------------------------
  logic [6:0] r3_second, r3_fourth, r3_next;
  logic [2:0] r4_class_q;
  logic [3:0] r4_units_q, r4_shift_q;
  logic [1:0] r3_steps;  // of 16 bytes beyond 34 + 12
  logic [4:0] r4_words_q;
  logic r4_extended_q;
  logic [1:0] r4_first_q;

  assign r3_second = ((r3_first_q == Route) && !r3_none_left_q[0]) ? {Bad, 4'd0} : r3_two_q[6:0];
  assign r3_next = r3_two_q[7*32'(r3_second[2:0]) +: 7];
  always_comb begin
    if (r3_second[6]) r3_fourth = r3_second;
    else if (r3_second[3] || ((r3_second[6:4] == Route) && !r3_none_left_q[r3_second[2:0]]))
      r3_fourth = {Bad, 4'd0};
    else r3_fourth = r3_next;
  end
  assign r3_steps = (r3_ihl_q < 4'd9) ? 2'd0 : ((r3_ihl_q < 4'd13) ? 2'd1 : 2'd2);

  always_ff @(posedge clk_i) begin
    if (r3_valid_i) begin
      r4_extended_q <= r3_is6_q && !r3_first_q[2];
      r4_first_q <= r3_first_q[1:0];
      if (r3_is6_q && !r3_first_q[2]) begin
        r4_class_q <= r3_fourth[6] ? r3_fourth[6:4] : Bad;
        r4_units_q <= r3_fourth[3:0];
        r4_words_q <= 5'd10 + {r3_fourth[3:0], 1'b0};
        r4_shift_q <= r3_fourth[3:0] + 4'd2;
      end else begin
        r4_class_q <= r3_first_q;
        r4_units_q <= 4'd0;
        r4_words_q <= r3_is6_q ? 5'd10 : {1'b0, r3_ihl_q};
        r4_shift_q <= r3_is6_q ? 4'd2 : {1'b0, r3_steps, 1'b0};
      end
    end
  end

  assign r4_tcp_o = r4_class_q == Tcp;
  assign r4_icmp_o = r4_class_q == Icmp;
  assign r4_extended_o = r4_extended_q;
  assign r4_first_o = r4_first_q;
  assign r4_units_o = r4_units_q;
  assign r4_words_o = r4_words_q;
  assign r4_shift_o = r4_shift_q;

endmodule
