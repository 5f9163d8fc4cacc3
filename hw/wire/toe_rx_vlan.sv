// SPDX-License-Identifier: Apache-2.0
// Entry of received frames: drops them while the card is disabled, judges the 802.1Q tag and takes
// it out, so that behind this block every frame's EtherType is in octets 12 and 13. A beat leaves
// when the next of its frame has come, for what a tag took is filled up from there; the last at
// once.
//
// With vlan_on_i frames must carry the tag vlan_id_i. Without it they carry none, or the priority
// tag (VID 0). Others are marked foreign.

module toe_rx_vlan (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         enable_i,     // with a frame's first beat: else it is dropped silently
  input  logic         vlan_on_i,
  input  logic [11:0]  vlan_id_i,

  input  logic [511:0] s_axis_tdata_i,
  input  logic [63:0]  s_axis_tkeep_i,
  input  logic         s_axis_tlast_i,
  input  logic         s_axis_tuser_i,
  input  logic         s_axis_tvalid_i,

  output logic [511:0] data_o,
  output logic [63:0]  keep_o,
  output logic         last_o,
  output logic         user_o,       // with last_o: the MAC marked the frame bad
  output logic         first_o,
  output logic         valid_o,
  // With first_o:
  output logic         foreign_o,    // tag missing or not ours
  output logic         is6_o,        // EtherType of IPv6; else taken for IPv4
  output logic [16:0]  total_o,      // octets of the datagram, as its header says
  output logic         busy_o
);

  localparam logic [15:0] TypeVlan = 16'h0081;  // as they lie in a beat
  localparam logic [15:0] TypeIpv6 = 16'hdd86;

  logic next_first_q, taking_q, take, come;
  logic [511:0] h_data_q;
  logic [63:0] h_keep_q;
  logic h_last_q, h_user_q, h_first_q, h_valid_q, h_tagged_q;
  logic tag_here, in_tag, absorbed, leave;
  logic [511:0] data_d;
  logic [63:0] keep_d;
  logic [11:0] vid;
  logic foreign, is6_plain, is6_tagged;
  logic [16:0] total4_plain, total4_tagged, total6_plain, total6_tagged, total4, total6;

  assign take = next_first_q ? enable_i : taking_q;
  assign come = s_axis_tvalid_i && take;

  // The held beat and what follows it.
  assign tag_here = h_data_q[8*12 +: 16] == TypeVlan;
  assign in_tag = h_first_q ? tag_here : h_tagged_q;
  assign absorbed = in_tag && h_valid_q && !h_last_q && come && s_axis_tlast_i &&
                    !s_axis_tkeep_i[4];
  assign leave = h_valid_q && (h_last_q || come);

  always_comb begin
    data_d = h_data_q;
    keep_d = h_keep_q;
    if (in_tag) begin
      data_d = {s_axis_tdata_i[31:0], h_data_q[511:32]};
      keep_d = {h_last_q ? 4'd0 : s_axis_tkeep_i[3:0], h_keep_q[63:4]};
      if (h_first_q) begin
        data_d[95:0] = h_data_q[95:0];
        keep_d[11:0] = h_keep_q[11:0];
      end
    end
  end

  assign vid = {h_data_q[8*14 +: 4], h_data_q[8*15 +: 8]};
  assign foreign = vlan_on_i ? !(tag_here && (vid == vlan_id_i)) : (tag_here && (vid != 12'd0));
  assign is6_plain = h_data_q[8*12 +: 16] == TypeIpv6;
  assign is6_tagged = h_data_q[8*16 +: 16] == TypeIpv6;
  assign total4_plain = {1'b0, h_data_q[8*16 +: 8], h_data_q[8*17 +: 8]};
  assign total4_tagged = {1'b0, h_data_q[8*20 +: 8], h_data_q[8*21 +: 8]};
  assign total6_plain = 17'({h_data_q[8*18 +: 8], h_data_q[8*19 +: 8]}) + 17'd40;
  assign total6_tagged = 17'({h_data_q[8*22 +: 8], h_data_q[8*23 +: 8]}) + 17'd40;
  assign total4 = tag_here ? total4_tagged : total4_plain;
  assign total6 = tag_here ? total6_tagged : total6_plain;

  always_ff @(posedge clk_i) begin
    if (come && !absorbed) begin
      h_data_q <= s_axis_tdata_i;
      h_keep_q <= s_axis_tkeep_i;
      h_last_q <= s_axis_tlast_i;
      h_user_q <= s_axis_tuser_i;
      h_first_q <= next_first_q;
    end
    if (leave) begin
      h_tagged_q <= in_tag;
      data_o <= data_d;
      keep_o <= keep_d;
      last_o <= h_last_q || absorbed;
      user_o <= absorbed ? s_axis_tuser_i : h_user_q;
      first_o <= h_first_q;
      if (h_first_q) begin
        foreign_o <= foreign;
        is6_o <= tag_here ? is6_tagged : is6_plain;
        total_o <= (tag_here ? is6_tagged : is6_plain) ? total6 : total4;
      end
    end
    if (!rst_ni) begin
      next_first_q <= 1'b1;
      taking_q <= 1'b0;
      h_valid_q <= 1'b0;
      valid_o <= 1'b0;
    end else begin
      if (s_axis_tvalid_i) begin
        next_first_q <= s_axis_tlast_i;
        taking_q <= take;
      end
      if (come) h_valid_q <= !absorbed;
      else if (leave) h_valid_q <= 1'b0;
      valid_o <= leave;
    end
  end

  assign busy_o = h_valid_q || valid_o || (!next_first_q && taking_q);

endmodule
