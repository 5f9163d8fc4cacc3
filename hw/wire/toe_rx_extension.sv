// SPDX-License-Identifier: Apache-2.0
// Judges the extension headers of an IPv6 packet whose transport header was found (toe_rx_walk):
// takes them out of the sum over pseudo header, extension headers and segment, and walks their
// options (RFC 8200 4.2), a byte per clock. Padding aside, no option means anything to this card:
// one whose type says that a node that does not know it discards the packet is obeyed, other ones
// are skipped. ICMP parameter problems are not sent.

module toe_rx_extension (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic [511:0] in_data_i,      // the extension headers, then anything
  input  logic [3:0]   in_units_i,     // of 8 bytes
  input  logic [1:0]   in_first_i,     // toe_wire_pkg::ExtensionHop, ..
  input  logic [16:0]  in_sum_i,       // not 0
  input  logic         in_valid_i,
  output logic         in_ready_o,
  output logic         done_o,         // until taken
  input  logic         take_i,
  output logic         bad_o,          // option beyond its header, or one to discard for
  output logic         sum_bad_o
);

  localparam logic [2:0] StepNext = 3'd0;    // type of the header behind
  localparam logic [2:0] StepUnits = 3'd1;   // length of this one
  localparam logic [2:0] StepType = 3'd2;    // of an option
  localparam logic [2:0] StepLength = 3'd3;
  localparam logic [2:0] StepData = 3'd4;    // of an option, or of a routing header

  logic [511:0] data_q;
  logic [6:0] left_q;        // bytes of all headers
  logic [6:0] header_left_q; // of this one
  logic [6:0] skip_q;
  logic [2:0] step_q;
  logic [7:0] octet, even_q;
  logic [16:0] sum_q;
  logic [15:0] end_sum;
  logic busy_q, done_q, bad_q, sum_bad_q, odd_q, route_q, next_route_q, header_end, run;
  logic [6:0] length_bytes;

  assign octet = data_q[7:0];
  assign run = busy_q && !done_q && (left_q != '0);
  assign header_end = (header_left_q == 7'd1) && (step_q != StepNext) && (step_q != StepUnits);
  assign length_bytes = {1'b0, octet[2:0], 3'b000} + 7'd6;  // behind the length; the area has 64
  assign end_sum = sum_q[15:0] + 16'(sum_q[16]);

  always_ff @(posedge clk_i) begin
    if (in_valid_i && !busy_q) begin
      data_q <= in_data_i;
      left_q <= {in_units_i, 3'b000};
      sum_q <= in_sum_i;
      route_q <= in_first_i == toe_wire_pkg::ExtensionRoute;
      step_q <= StepNext;
      odd_q <= 1'b0;
      bad_q <= 1'b0;
    end else if (run) begin
      data_q <= {8'd0, data_q[511:8]};
      left_q <= left_q - 7'd1;
      odd_q <= !odd_q;
      even_q <= octet;
      // Taken out by adding the complement (RFC 1624).
      if (odd_q) sum_q <= 17'(sum_q[15:0]) + 17'(sum_q[16]) + 17'({~octet, ~even_q});
      header_left_q <= header_left_q - 7'd1;
      skip_q <= skip_q - 7'd1;
      case (step_q)
        StepNext: begin
          next_route_q <= octet == 8'd43;
          step_q <= StepUnits;
        end
        StepUnits: begin
          header_left_q <= length_bytes;
          skip_q <= 7'd127;
          step_q <= route_q ? StepData : StepType;
        end
        StepType: begin
          if (octet != 8'd0) step_q <= StepLength;         // Pad1 has no length
          if (octet[7:6] != 2'b00) bad_q <= 1'b1;
        end
        StepLength: begin
          skip_q <= octet[6:0];
          step_q <= (octet == 8'd0) ? StepType : StepData;
          if (octet > 8'(header_left_q - 7'd1)) bad_q <= 1'b1;
        end
        default: if (skip_q == 7'd1) step_q <= StepType;
      endcase
      if (header_end) begin
        step_q <= StepNext;
        route_q <= next_route_q;
        if ((step_q == StepType) && (octet != 8'd0)) bad_q <= 1'b1;
      end
    end else if (busy_q && !done_q) begin
      sum_bad_q <= end_sum != 16'hffff;
    end
    if (!rst_ni) begin
      busy_q <= 1'b0;
      done_q <= 1'b0;
    end else if (!busy_q) begin
      busy_q <= in_valid_i;
    end else if (done_q) begin
      busy_q <= !take_i;
      done_q <= !take_i;
    end else begin
      done_q <= !run;
    end
  end

  assign in_ready_o = !busy_q;
  assign done_o = done_q;
  assign bad_o = bad_q;
  assign sum_bad_o = sum_bad_q;

endmodule
