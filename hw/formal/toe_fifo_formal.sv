// SPDX-License-Identifier: Apache-2.0
// toe_fifo, both kinds, three deep, against a queue of registers that shifts: same words in the
// same order, none lost, none twice, never more than fit, room and words shown at once, a word held
// until it is taken. The producer and the consumer may do what they like.

module toe_fifo_formal #(
  parameter int unsigned Distributed = 64   // 2: the block RAM kind
) (
  input logic       clk_i,
  input logic       rst_ni,
  input logic [1:0] data_i,
  input logic       valid_i,
  input logic       ready_i
);

  logic in_ready, out_valid;
  logic [1:0] out, count;
  toe_fifo #(.Width(2), .Depth(3), .Distributed(Distributed)) u_dut (
    .clk_i, .rst_ni, .in_data_i(data_i), .in_valid_i(valid_i), .in_ready_o(in_ready),
    .out_data_o(out), .out_valid_o(out_valid), .out_ready_i(ready_i), .count_o(count)
  );

  // The model: word i of the queue in bits 2 i + 1 : 2 i.
  logic [5:0] queue_q, pushed;
  logic [1:0] n_q, n_popped, waited_q;
  logic push, pop;
  assign push = valid_i && in_ready;
  assign pop = out_valid && ready_i;
  assign n_popped = n_q - {1'b0, pop};
  always_comb begin
    pushed = pop ? queue_q >> 2 : queue_q;
    for (int i = 0; i < 3; i++) begin
      if (push && n_popped == i) pushed[2*i +: 2] = data_i;
    end
  end
  always_ff @(posedge clk_i) begin
    queue_q <= pushed;
    n_q <= rst_ni ? n_popped + {1'b0, push} : 2'd0;
    waited_q <= rst_ni && n_q != 2'd0 && !out_valid ? waited_q + 2'd1 : 2'd0;
  end

  logic running_q = 1'b0;
  always_ff @(posedge clk_i) running_q <= 1'b1;
  always_comb begin
    assume (rst_ni == running_q);
    if (running_q) begin
      a_count: assert (count == n_q);
      a_room: assert (in_ready == (n_q != 2'd3));
      if (out_valid) a_word: assert (n_q != 2'd0 && out == queue_q[1:0]);
      if (n_q != 2'd0 && Distributed == 64) a_shown: assert (out_valid);
      a_soon: assert (waited_q < 2'd2);
    end
  end

  // What holds inside, for induction: the words of the model lie in the RAM from rptr on, but for
  // the first if it is at the output already.
  (* hierconn *) logic [1:0] \u_dut.wptr_q ;
  (* hierconn *) logic [1:0] \u_dut.rptr_q ;
  (* hierconn *) logic [1:0] \u_dut.g_small.mem[0] ;
  (* hierconn *) logic [1:0] \u_dut.g_small.mem[1] ;
  (* hierconn *) logic [1:0] \u_dut.g_small.mem[2] ;
  (* hierconn *) logic [1:0] \u_dut.g_large.mem[0] ;
  (* hierconn *) logic [1:0] \u_dut.g_large.mem[1] ;
  (* hierconn *) logic [1:0] \u_dut.g_large.mem[2] ;
  (* hierconn *) logic [1:0] \u_dut.g_large.stored_q ;
  logic [1:0] in_ram, word0, word1, word2;
  logic [5:0] expected;
  function automatic logic [1:0] wrap(input logic [2:0] x);
    wrap = x >= 3'd3 ? 2'(x - 3'd3) : x[1:0];
  endfunction
  function automatic logic [1:0] word(input logic [2:0] at, input logic [1:0] w0,
                                      input logic [1:0] w1, input logic [1:0] w2);
    word = wrap(at) == 2'd0 ? w0 : wrap(at) == 2'd1 ? w1 : w2;
  endfunction
  if (Distributed == 64) begin : g_small
    assign {word2, word1, word0} = {\u_dut.g_small.mem[2] , \u_dut.g_small.mem[1] ,
                                    \u_dut.g_small.mem[0] };
    assign in_ram = n_q;
    assign expected = queue_q;
  end else begin : g_large
    assign {word2, word1, word0} = {\u_dut.g_large.mem[2] , \u_dut.g_large.mem[1] ,
                                    \u_dut.g_large.mem[0] };
    assign in_ram = n_q - {1'b0, out_valid};
    assign expected = out_valid ? queue_q >> 2 : queue_q;
    always_comb if (running_q) i_stored: assert (in_ram == \u_dut.g_large.stored_q );
  end
  always_comb begin
    if (running_q) begin
      i_bound: assert (\u_dut.rptr_q < 2'd3 && n_q >= {1'b0, out_valid});
      i_ends: assert (\u_dut.wptr_q == wrap({1'b0, \u_dut.rptr_q } + {1'b0, in_ram}));
      for (int i = 0; i < 3; i++) begin
        if (in_ram > i) begin
          assert (word({1'b0, \u_dut.rptr_q } + i, word0, word1, word2) ==
                           expected[2*i +: 2]);
        end
      end
    end
  end
endmodule
