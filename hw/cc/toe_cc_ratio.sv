// SPDX-License-Identifier: Apache-2.0
// Quotients by a table of reciprocals, accurate to a thousandth: seven stages, one a clock, never
// stops. Gives MSS * num / den as exponent and four bits after the leading one, rounded (CUBIC),
// and num / den in units of 1/32768 (DCTCP).

module toe_cc_ratio (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  toe_cc_pkg::fraction_t fraction_i,
  input  logic                  valid_i,
  output logic [15:0]           conn6_o,   // one clock before the result
  output logic                  valid6_o,
  output logic [15:0]           conn_o,
  output logic [1:0]            ask_o,
  output logic [8:0]            step_o,
  output logic [15:0]           share_o,
  output logic                  valid_o,
  output logic                  busy_o
);

  logic [7:1] v_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) v_q <= '0;
    else v_q <= {v_q[6:1], valid_i};
  end
  assign busy_o = v_q != '0;

  // Reciprocals: 2^19 / (512 + i + 1/2).
  logic [9:0] reciprocal [0:511];
  initial begin
    for (int i = 0; i < 512; i++) reciprocal[i] = 10'((32'd1 << 20) / (32'd1025 + 32'd2 * i));
  end

  // ---- Normalisation: the leading one to bit 25, the shift counted ----------------------------
  typedef struct packed {
    logic [15:0] conn;
    logic [1:0]  ask;
    logic        never;
    logic        none;   // num = 0
    logic        all;    // num = den
  } tag_t;
  tag_t g1_q, g2_q, g3_q, g4_q, g5_q, g6_q;
  logic [25:0] n_q [1:3];
  logic [25:0] d_q [1:3];
  logic [13:0] m_q [1:3];
  logic [4:0]  ns_q [1:3];
  logic [4:0]  ds_q [1:3];
  logic [3:0]  ms_q [1:3];

  logic [25:0] n_16, d_16, n_4, d_4;
  logic [13:0] m_4;
  logic n_by16, d_by16, n_by8, d_by8, n_by4, d_by4, n_by2, d_by2, m_by4, m_by2;
  assign n_by16 = fraction_i.num[25:10] == 16'd0;
  assign d_by16 = fraction_i.den[25:10] == 16'd0;
  assign n_16 = n_by16 ? {fraction_i.num[9:0], 16'd0} : fraction_i.num;
  assign d_16 = d_by16 ? {fraction_i.den[9:0], 16'd0} : fraction_i.den;
  assign n_by8 = n_16[25:18] == 8'd0;
  assign d_by8 = d_16[25:18] == 8'd0;
  assign n_by4 = n_q[1][25:22] == 4'd0;
  assign d_by4 = d_q[1][25:22] == 4'd0;
  assign n_4 = n_by4 ? {n_q[1][21:0], 4'd0} : n_q[1];
  assign d_4 = d_by4 ? {d_q[1][21:0], 4'd0} : d_q[1];
  assign n_by2 = n_4[25:24] == 2'd0;
  assign d_by2 = d_4[25:24] == 2'd0;
  assign m_by4 = m_q[1][13:10] == 4'd0;
  assign m_4 = m_by4 ? {m_q[1][9:0], 4'd0} : m_q[1];
  assign m_by2 = m_4[13:12] == 2'd0;

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      g1_q <= {fraction_i.conn, fraction_i.ask, fraction_i.never, fraction_i.num == 26'd0,
                 fraction_i.num == fraction_i.den};
      n_q[1] <= n_by8 ? {n_16[17:0], 8'd0} : n_16;
      d_q[1] <= d_by8 ? {d_16[17:0], 8'd0} : d_16;
      ns_q[1] <= {n_by16, n_by8, 3'd0};
      ds_q[1] <= {d_by16, d_by8, 3'd0};
      // MSS has its leading one in bits 13 to 6.
      m_q[1] <= fraction_i.mss;
    end
    if (v_q[1]) begin
      g2_q <= g1_q;
      n_q[2] <= n_by2 ? {n_4[23:0], 2'd0} : n_4;
      d_q[2] <= d_by2 ? {d_4[23:0], 2'd0} : d_4;
      m_q[2] <= m_by2 ? {m_4[11:0], 2'd0} : m_4;
      ns_q[2] <= ns_q[1] | {2'd0, n_by4, n_by2, 1'b0};
      ds_q[2] <= ds_q[1] | {2'd0, d_by4, d_by2, 1'b0};
      ms_q[2] <= {1'b0, m_by4, m_by2, 1'b0};
    end
    if (v_q[2]) begin
      g3_q <= g2_q;
      n_q[3] <= n_q[2][25] ? n_q[2] : {n_q[2][24:0], 1'b0};
      d_q[3] <= d_q[2][25] ? d_q[2] : {d_q[2][24:0], 1'b0};
      m_q[3] <= m_q[2][13] ? m_q[2] : {m_q[2][12:0], 1'b0};
      ns_q[3] <= ns_q[2] | {4'd0, ~n_q[2][25]};
      ds_q[3] <= ds_q[2] | {4'd0, ~d_q[2][25]};
      ms_q[3] <= ms_q[2] | {3'd0, ~m_q[2][13]};
    end
  end

  // ---- Products -------------------------------------------------------------------------------
  logic [9:0]  r4_q, n4_q, m4_q, m5_q;
  logic [19:0] q5_q;
  logic [21:0] p6_q;
  logic [6:0]  e4_q, e5_q, e6_q;      // of the leading one of num / den * MSS, less 40
  logic [4:0]  down4_q, down5_q;      // places that num is below den
  logic [15:0] share5, share6_q;
  always_ff @(posedge clk_i) begin
    if (v_q[3]) begin
      g4_q <= g3_q;
      r4_q <= reciprocal[d_q[3][24:16]];
      n4_q <= n_q[3][25:16];
      m4_q <= m_q[3][13:4];
      // MSS: 13 less its shift; num by den: shifts of den less those of num.
      e4_q <= {2'd0, ds_q[3]} - {2'd0, ns_q[3]} - {3'd0, ms_q[3]} + 7'd13;
      down4_q <= ns_q[3] - ds_q[3];
    end
    if (v_q[4]) begin
      g5_q <= g4_q;
      q5_q <= n4_q * r4_q;
      m5_q <= m4_q;
      e5_q <= e4_q;
      down5_q <= down4_q;
    end
    if (v_q[5]) begin
      g6_q <= g5_q;
      p6_q <= q5_q[19:8] * m5_q;
      e6_q <= e5_q;
      share6_q <= g5_q.none ? 16'd0 : g5_q.all ? 16'h8000 : share5;
    end
  end
  assign share5 = q5_q[19:4] >> down5_q;
  assign conn6_o = g6_q.conn;
  assign valid6_o = v_q[6];

  // ---- Rounding -------------------------------------------------------------------------------
  logic [4:0] top;        // five bits after the leading one
  logic [1:0] lead;
  logic [6:0] exponent;
  logic [4:0] rounded;
  assign lead = p6_q[21] ? 2'd2 : p6_q[20] ? 2'd1 : 2'd0;
  assign top = p6_q[21] ? p6_q[20:16] : p6_q[20] ? p6_q[19:15] : p6_q[18:14];
  assign rounded = {1'b0, top[4:1]} + {4'd0, top[0]};
  assign exponent = e6_q + {5'd0, lead} + {6'd0, rounded[4]} - 7'd1;
  tag_t g7_q;
  logic [8:0] step7_q;
  logic [15:0] share7_q;
  always_ff @(posedge clk_i) begin
    if (v_q[6]) begin
      g7_q <= g6_q;
      share7_q <= share6_q;
      if (g6_q.never) step7_q <= toe_cc_pkg::StepNever;
      else if (exponent > 7'd30) step7_q <= {5'd30, 4'd15};
      else step7_q <= {exponent[4:0], rounded[3:0]};
    end
  end
  assign conn_o = g7_q.conn;
  assign ask_o = g7_q.ask;
  assign step_o = step7_q;
  assign share_o = share7_q;
  assign valid_o = v_q[7];

  logic unused_ok;
  assign unused_ok = &{1'b0, n_q[3][15:0], d_q[3][15:0], m_q[3][3:0], q5_q[3:0], p6_q[13:0],
                       g7_q.never, g7_q.none, g7_q.all};

endmodule
