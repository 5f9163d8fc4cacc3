// SPDX-License-Identifier: Apache-2.0
// Types that cross the blocks of hw/wire.

/* verilator lint_off UNUSEDPARAM */
package toe_wire_pkg;

  // First extension header of an IPv6 packet.
  localparam logic [1:0] ExtensionHop = 2'd0;    // hop-by-hop options
  localparam logic [1:0] ExtensionDest = 2'd1;   // destination options
  localparam logic [1:0] ExtensionRoute = 2'd2;  // routing

  // What toe_rx_parse knows of a frame on its way to the verdict.
  typedef struct packed {
    logic        eth_bad;
    logic        arp;
    logic        is6;
    logic        bad;        // of IP: not to be taken
    logic        plain;      // neither IPv4 options nor extension headers
    logic        hop_max;    // hop limit 255
    logic        ce;         // Congestion Experienced
    logic        tcp;        // else ICMP
    logic        multicast;  // IPv6 destination
    logic        solicited;  // solicited-node destination
    logic        link;       // link-local destination
    logic        nobody;     // unspecified IPv6 source
    logic        extended;   // extension headers
    logic [1:0]  first;      // the first of them
    logic [3:0]  units;      // of 8 bytes, all of them
    logic [4:0]  words;      // 4-byte words before the transport header
    logic [16:0] len;        // bytes of the datagram, later from the transport header on
  } rx_facts_t;

endpackage
/* verilator lint_on UNUSEDPARAM */
