// SPDX-License-Identifier: Apache-2.0
// The listening ports: 64 entries, searched by port, read and written by index.
// Ports are in registers, the rest in a RAM.
module toe_conn_listeners (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  // Search: the result is there two clocks after the port, and as long as the port stays.
  input  logic [15:0]             port_i,
  output logic                    port_hit_o,
  output logic [5:0]              port_index_o,

  output logic                    full_o,
  output logic [5:0]              free_index_o,  // if not full

  // Read: the result is there the clock after read_i, and stays.
  input  logic                    read_i,
  input  logic [5:0]              index_i,       // of read, write, close
  output logic                    valid_o,
  output logic [15:0]             port_o,
  output toe_conn_pkg::listener_t listener_o,

  input  logic                    write_i,
  input  toe_conn_pkg::listener_t listener_i,
  input  logic                    open_i,        // with write_i: becomes valid with port_i
  input  logic                    close_i        // becomes free
);

  logic [63:0]   valid_q, match_q, match;
  logic [1023:0] ports;
  logic [63:0]   room;
  logic          hit_q, valid_read_q, full_q;
  logic [5:0]    hit_index_q, free_q;
  logic [15:0]   port_read_q;

  for (genvar l = 0; l < 64; l++) begin : gen_port
    logic [15:0] port_q;
    logic        write;
    assign write = write_i && open_i && index_i == 6'(l);
    assign match[l] = valid_q[l] && port_q == port_i;
    assign ports[16*l+:16] = port_q;
    always_ff @(posedge clk_i) begin
      if (write) port_q <= port_i;
      if (!rst_ni) valid_q[l] <= 1'b0;
      else if (write) valid_q[l] <= 1'b1;
      else if (close_i && index_i == 6'(l)) valid_q[l] <= 1'b0;
    end
  end

  // At most one matches, so an OR of indices encodes it.
  function automatic logic [5:0] encode(input logic [63:0] one);
    logic [5:0] index;
    index[0] = |(one & 64'haaaaaaaaaaaaaaaa);
    index[1] = |(one & 64'hcccccccccccccccc);
    index[2] = |(one & 64'hf0f0f0f0f0f0f0f0);
    index[3] = |(one & 64'hff00ff00ff00ff00);
    index[4] = |(one & 64'hffff0000ffff0000);
    index[5] = |(one & 64'hffffffff00000000);
    encode = index;
  endfunction

  assign room = ~valid_q & (valid_q + 64'd1);  // lowest zero

  logic [toe_conn_pkg::ListenerW-1:0] rdata, wdata;
  toe_ram_1r1w #(.Width(toe_conn_pkg::ListenerW), .Depth(64)) u_ram (
    .clk_i,
    .wr_en_i  (write_i),
    .wr_addr_i(index_i),
    .wr_data_i(wdata),
    .rd_en_i  (read_i),
    .rd_addr_i(index_i),
    .rd_data_o(rdata)
  );
  assign wdata = listener_i;
  assign listener_o = rdata;

  always_ff @(posedge clk_i) begin
    match_q <= match;
    hit_q <= |match_q;
    hit_index_q <= encode(match_q);
    full_q <= &valid_q;
    free_q <= encode(room);
    if (read_i) begin
      valid_read_q <= valid_q[index_i];
      port_read_q <= ports[16*index_i+:16];
    end
  end

  assign port_hit_o = hit_q;
  assign port_index_o = hit_index_q;
  assign full_o = full_q;
  assign free_index_o = free_q;
  assign valid_o = valid_read_q;
  assign port_o = port_read_q;

endmodule
