// SPDX-License-Identifier: Apache-2.0
// Store of whole frames. Beats are written as they come; with its last beat a frame is committed or
// rolled back, and only committed frames appear at the output. A frame that does not fit sets
// wr_overflow_o, from the beat that is lost until and with its last, and is rolled back.

module toe_frame_buffer #(
  parameter int unsigned Depth = 512  // beats, power of two
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic [511:0] wr_data_i,
  input  logic         wr_last_i,
  input  logic         wr_valid_i,
  input  logic         wr_commit_i,    // with the last beat: keep the frame, if it did not overflow
  output logic         wr_overflow_o,
  output logic [511:0] data_o,
  output logic         last_o,
  output logic         valid_o,
  input  logic         ready_i,
  output logic         empty_o         // no frame stored, none at the output
);

  localparam int unsigned PtrW = $clog2(Depth);

  logic [PtrW:0] wr_q, commit_q, rd_q;
  logic lost_q, valid_q, full, fetch, write;

  assign full = (wr_q[PtrW-1:0] == rd_q[PtrW-1:0]) && (wr_q[PtrW] != rd_q[PtrW]);
  assign wr_overflow_o = lost_q || full;
  assign write = wr_valid_i && !wr_overflow_o;
  assign fetch = (rd_q != commit_q) && (!valid_q || ready_i);
  assign valid_o = valid_q;
  assign empty_o = !valid_q && (rd_q == commit_q);

  toe_ram_1r1w #(.Width(513), .Depth(Depth)) u_ram (
    .clk_i,
    .wr_en_i(write), .wr_addr_i(wr_q[PtrW-1:0]), .wr_data_i({wr_last_i, wr_data_i}),
    .rd_en_i(fetch), .rd_addr_i(rd_q[PtrW-1:0]), .rd_data_o({last_o, data_o})
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wr_q <= '0;
      commit_q <= '0;
      rd_q <= '0;
      lost_q <= 1'b0;
      valid_q <= 1'b0;
    end else begin
      if (wr_valid_i && wr_last_i) begin
        lost_q <= 1'b0;
        if (wr_commit_i && write) begin
          wr_q <= wr_q + 1'b1;
          commit_q <= wr_q + 1'b1;
        end else begin
          wr_q <= commit_q;
        end
      end else if (wr_valid_i) begin
        lost_q <= wr_overflow_o;
        if (write) wr_q <= wr_q + 1'b1;
      end
      if (fetch) rd_q <= rd_q + 1'b1;
      if (fetch) valid_q <= 1'b1;
      else if (ready_i) valid_q <= 1'b0;
    end
  end

endmodule
