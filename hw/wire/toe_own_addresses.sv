// SPDX-License-Identifier: Apache-2.0
// Our link-local address, made from the MAC address (RFC 4291 2.5.6 and appendix A), and the sums
// of 16-bit words of our addresses for checksums. They follow the registers within two clocks;
// addresses never change while the card is enabled.

module toe_own_addresses (
  input  logic         clk_i,
  /* verilator lint_off UNUSEDSIGNAL */
  input  toe_pkg::config_t cfg_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [127:0] link_o,
  output logic [18:0]  sum_mac_o,
  output logic [18:0]  sum_ipv4_o,
  output logic [18:0]  sum_ipv6_o,
  output logic [18:0]  sum_link_o
);

  function automatic logic [17:0] four(input logic [63:0] x);
    four = (18'(x[15:0]) + 18'(x[31:16])) + (18'(x[47:32]) + 18'(x[63:48]));
  endfunction

  logic [17:0] mac_q, ipv4_q, ipv6_hi_q, ipv6_lo_q, link_q;
  logic [18:0] ipv6_q;

  assign link_o = {64'hfe80_0000_0000_0000, cfg_i.mac[47:24] ^ 24'h020000, 16'hfffe,
                   cfg_i.mac[23:0]};

  always_ff @(posedge clk_i) begin
    mac_q <= four({16'd0, cfg_i.mac});
    ipv4_q <= four({32'd0, cfg_i.ipv4});
    ipv6_hi_q <= four(cfg_i.ipv6[127:64]);
    ipv6_lo_q <= four(cfg_i.ipv6[63:0]);
    ipv6_q <= 19'(ipv6_hi_q) + 19'(ipv6_lo_q);
    link_q <= four(link_o[63:0]);
  end

  assign sum_mac_o = {1'b0, mac_q};
  assign sum_ipv4_o = {1'b0, ipv4_q};
  assign sum_ipv6_o = ipv6_q;
  assign sum_link_o = 19'(link_q) + 19'h0fe80;

endmodule
