// SPDX-License-Identifier: Apache-2.0
// Makes the packets of toe_neighbours: ARP requests and replies (RFC 826), neighbour solicitations
// and advertisements (RFC 4861 4.3, 4.4). One at a time, three clocks and the frame's beats each.
// Inside, the first octet of the wire is highest.

module toe_neighbour_frames (
  input  logic         clk_i,
  input  logic         rst_ni,
  /* verilator lint_off UNUSEDSIGNAL */
  input  toe_pkg::config_t cfg_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [127:0] own_link_i,     // of toe_own_addresses
  input  logic [18:0]  sum_mac_i,
  input  logic [18:0]  sum_ipv6_i,
  input  logic [18:0]  sum_link_i,

  input  logic [179:0] msg_i,          // {nd, answer, link, group, MAC, IP}: the other's addresses;
  input  logic         msg_valid_i,    //   group: to all who might be meant
  output logic         msg_ready_o,
  output logic [511:0] m_data_o,
  output logic [63:0]  m_keep_o,
  output logic         m_last_o,
  output logic         m_valid_o,
  input  logic         m_ready_i,
  output logic         arp_request_sent_o,
  output logic         solicit_sent_o,
  output logic         empty_o
);

  function automatic logic [17:0] four(input logic [63:0] x);
    four = (18'(x[15:0]) + 18'(x[31:16])) + (18'(x[47:32]) + 18'(x[63:48]));
  endfunction

  localparam logic [2:0] StepIdle = 3'd0;
  localparam logic [2:0] StepSum = 3'd1;
  localparam logic [2:0] StepFold = 3'd2;
  localparam logic [2:0] StepFirst = 3'd3;
  localparam logic [2:0] StepSecond = 3'd4;
  logic [2:0] step_q;

  // ---- the message, and sums of what it names ---------------------------------------------------
  logic nd_q, answer_q, link_q, group_q;
  logic [47:0] mac_q;
  logic [127:0] ip_q;
  logic [17:0] ip_hi_q, ip_lo_q, solicited_q;

  assign msg_ready_o = step_q == StepIdle;
  assign empty_o = step_q == StepIdle;

  // ---- checksum of ICMPv6 -----------------------------------------------------------------------
  // A question has our address, where it goes, and whom it means; an answer our address twice.
  logic [18:0] own_sum, ip_sum, to_sum, target_sum;
  logic [21:0] sum_q;
  logic [16:0] fold;
  logic [15:0] constants, checksum_q;

  assign own_sum = link_q ? sum_link_i : sum_ipv6_i;
  assign ip_sum = 19'(ip_hi_q) + 19'(ip_lo_q);
  assign target_sum = answer_q ? own_sum : ip_sum;
  always_comb begin
    to_sum = ip_sum;
    if (group_q) to_sum = answer_q ? 19'h0ff03 : 19'h0ff03 + 19'(solicited_q);
    // Length 32 and ICMPv6, type, flags, kind and length of the option.
    if (!answer_q) constants = 16'h005a + 16'h8700 + 16'h0101;
    else constants = 16'h005a + 16'h8800 + 16'h0201 + (group_q ? 16'h2000 : 16'h6000);
  end
  assign fold = 17'(sum_q[15:0]) + 17'(sum_q[21:16]);

  always_ff @(posedge clk_i) begin
    if (msg_ready_o && msg_valid_i) begin
      {nd_q, answer_q, link_q, group_q, mac_q, ip_q} <= msg_i;
      ip_hi_q <= four(msg_i[127:64]);
      ip_lo_q <= four(msg_i[63:0]);
      solicited_q <= 18'({8'hff, msg_i[23:16]}) + 18'(msg_i[15:0]);
    end
    if (step_q == StepSum) begin
      sum_q <= (22'(own_sum) + 22'(target_sum)) +
               (22'(to_sum) + (22'(constants) + 22'(sum_mac_i)));
    end
    if (step_q == StepFold) checksum_q <= ~(fold[15:0] + 16'(fold[16]));
  end

  // ---- frame ------------------------------------------------------------------------------------
  logic [127:0] own, to_ip;
  logic [47:0] to_mac;
  logic [95:0] macs;
  logic [255:0] message;
  logic [319:0] ipv6;
  logic [223:0] arp;
  logic [719:0] frame, wire_q;

  assign own = link_q ? own_link_i : cfg_i.ipv6;
  always_comb begin
    to_ip = ip_q;
    to_mac = mac_q;
    if (group_q && answer_q) begin  // all nodes
      to_ip = 128'hff02_0000_0000_0000_0000_0000_0000_0001;
      to_mac = 48'h3333_0000_0001;
    end else if (group_q && nd_q) begin  // the solicited node
      to_ip = {104'hff02_0000_0000_0000_0000_0001_ff, ip_q[23:0]};
      to_mac = {24'h3333ff, ip_q[23:0]};
    end else if (group_q) begin
      to_mac = '1;
    end
  end
  assign macs = {to_mac, cfg_i.mac};
  assign arp = {48'h0001_0800_0604, 16'd1, cfg_i.mac, cfg_i.ipv4,
                group_q ? 48'd0 : mac_q, ip_q[31:0]} ^ (answer_q ? 224'd3 << 160 : 224'd0);
  assign ipv6 = {32'h6000_0000, 16'd32, 8'd58, 8'd255, own, to_ip};
  assign message = {answer_q ? 16'h8800 : 16'h8700, checksum_q,
                    answer_q ? {!group_q ? 4'h6 : 4'h2, 28'd0} : 32'd0,
                    answer_q ? own : ip_q, answer_q ? 16'h0201 : 16'h0101, cfg_i.mac};
  always_comb begin
    frame = 'x;
    if (step_q == StepFirst) begin
      if (nd_q) begin
        frame = cfg_i.vlan_on ? {macs, 16'h8100, cfg_i.vlan_tci, 16'h86dd, ipv6, message} :
                                {macs, 16'h86dd, ipv6, message, 32'd0};
      end else begin
        frame = cfg_i.vlan_on ? {macs, 16'h8100, cfg_i.vlan_tci, 16'h0806, arp, 352'd0} :
                                {macs, 16'h0806, arp, 384'd0};
      end
    end
  end

  logic valid_q;
  always_ff @(posedge clk_i) begin
    if (step_q == StepFirst && !valid_q) begin
      for (int i = 0; i < 90; i++) wire_q[8*i +: 8] <= frame[8*(89-i) +: 8];
    end else if (step_q == StepFirst && m_ready_i) begin
      wire_q[511:0] <= {304'd0, wire_q[719:512]};
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      step_q <= StepIdle;
      valid_q <= 1'b0;
    end else begin
      case (step_q)
        StepIdle: if (msg_valid_i) step_q <= StepSum;
        StepSum: step_q <= StepFold;
        StepFold: step_q <= StepFirst;
        StepFirst: begin
          valid_q <= 1'b1;
          if (valid_q && m_ready_i) begin
            step_q <= nd_q ? StepSecond : StepIdle;
            valid_q <= nd_q;
          end
        end
        default: begin
          if (m_ready_i) begin
            step_q <= StepIdle;
            valid_q <= 1'b0;
          end
        end
      endcase
    end
  end

  assign m_data_o = wire_q[511:0];
  always_comb begin
    if (step_q == StepSecond) m_keep_o = cfg_i.vlan_on ? 64'h3ff_ffff : 64'h3f_ffff;
    else m_keep_o = nd_q ? '1 : 64'h0fff_ffff_ffff_ffff;  // frames have at least 60 bytes
  end
  assign m_last_o = !nd_q || (step_q == StepSecond);
  assign m_valid_o = valid_q;
  assign arp_request_sent_o = valid_q && m_ready_i && !nd_q && !answer_q;
  assign solicit_sent_o = valid_q && m_ready_i && nd_q && !answer_q && m_last_o;

endmodule
