// SPDX-License-Identifier: Apache-2.0
// One deadline per connection. A set is always accepted, one per clock; the latest wins.
//
// Deadlines lie in a RAM, in groups of 64. Each group has a lower bound of its armed deadlines and
// there is one of all of them. Sets only lower the bounds. When the lowest is due, a pass visits
// every bound; a group whose bound is due is read entry by entry, its due entries are disarmed and
// fired, and its bound becomes exact. So time costs nothing until something may be due, and a
// pass costs Connections/64 clocks plus 67 for each group that may hold a due entry.
//
// Deadlines lie less than 2^31 us ahead of now, which may leap by up to 2^30. Differences of 32
// bits tell which of two is earlier only while those are less than 2^31 apart, and a far one may
// meet one that is overdue. So a bound is at most 2^29 ahead of the time of its making: a far
// deadline costs a pass in vain every nine minutes.
// Sets have priority over the pass; it waits while one arrives in every clock.
// A fire on its way out is not taken back by a set that comes after it was decided: who takes it
// must look whether its own timer is still meant.
module toe_timers #(
  parameter int unsigned Connections = 1024
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] now_us_i,

  input  logic        set_valid_i,
  input  logic [15:0] set_conn_i,
  input  logic        set_armed_i,
  input  logic [31:0] set_deadline_us_i,

  output logic [15:0] fire_conn_o,
  output logic        fire_valid_o,
  input  logic        fire_ready_i,

  output logic        deadline_valid_o,  // low: nothing is armed
  output logic [31:0] deadline_us_o,     // no armed deadline is earlier
  output logic        idle_o,
  output logic        ready_o            // sets are lost before
);

  localparam int unsigned IndexW = $clog2(Connections);
  localparam int unsigned Groups = Connections / 64;
  localparam int unsigned GroupW = (Groups > 1) ? $clog2(Groups) : 1;

  // a < b for two times in microseconds.
  function automatic logic earlier(input logic [31:0] a, input logic [31:0] b);
    earlier = 1'((a - b) >> 31);
  endfunction

  // What a deadline contributes to bounds.
  function automatic logic [31:0] bound_of(input logic [31:0] deadline, input logic [31:0] now);
    logic [2:0] ahead;  // of now by so many times 2^29
    ahead = 3'((deadline - now) >> 29);
    bound_of = (!ahead[2] && ahead != 3'd0) ? now + 32'h2000_0000 : deadline;
  endfunction

  // ---- the set, registered
  logic              set_q, set_armed_q;
  logic [IndexW-1:0] set_conn_q;
  logic [31:0]       set_deadline_q, set_bound_q;
  logic [31:0]       now_q;

  always_ff @(posedge clk_i) begin
    set_q <= rst_ni && set_valid_i;
    now_q <= now_us_i;
    if (set_valid_i) begin
      set_conn_q <= set_conn_i[IndexW-1:0];
      set_armed_q <= set_armed_i;
      set_deadline_q <= set_deadline_us_i;
      set_bound_q <= bound_of(set_deadline_us_i, now_us_i);
    end
  end

  // ---- the pass
  localparam logic [2:0] StClear = 3'd0;
  localparam logic [2:0] StRest = 3'd1;
  localparam logic [2:0] StGroup = 3'd2;    // look at one group's bound
  localparam logic [2:0] StEntries = 3'd3;  // read the group's entries
  localparam logic [2:0] StMerge = 3'd4;    // its new bound
  localparam logic [2:0] StPublish = 3'd5;

  logic [2:0]        state_q;
  logic [IndexW-1:0] clear_q;
  logic [GroupW-1:0] group_q;
  logic [6:0]        entry_q;     // next entry of the group to read; 64 = all read
  logic              found_q;     // an armed entry that is not due was seen in this group
  logic [31:0]       found_us_q;  // the earliest of them
  logic              all_q;       // published bound
  logic [31:0]       all_us_q;
  logic              next_q;      // bound that the pass builds
  logic [31:0]       next_us_q;

  // Entries: read stage 1 (RAM output), decision stage 2.
  logic [32:0]       entries [0:Connections-1];
  logic [32:0]       s1_data_q, s2_data_q;
  logic [31:0]       s2_bound_q;
  logic              s1_valid_q, s2_valid_q, s1_stale_q, s2_stale_q;
  logic [IndexW-1:0] s1_conn_q, s2_conn_q, read_conn;
  logic              read_en, advance, s2_live, s2_due, fire, fire_valid_q;
  logic [15:0]       fire_conn_q;

  if (Groups > 1) begin : gen_read_conn
    assign read_conn = {group_q, entry_q[5:0]};
  end else begin : gen_read_conn_one
    assign read_conn = entry_q[5:0];
  end

  // A set since the entry was read is the truth; its deadline is already in the bounds.
  assign s2_live = s2_valid_q && s2_data_q[32] && !s2_stale_q;
  assign s2_due = s2_live && !earlier(now_q, s2_data_q[31:0]);
  assign advance = !s2_due || (!set_q && (!fire_valid_q || fire_ready_i));
  assign fire = s2_due && advance;
  assign read_en = state_q == StEntries && !entry_q[6] && advance;

  logic              entry_we;
  logic [IndexW-1:0] entry_waddr;
  logic [32:0]       entry_wdata;
  always_comb begin
    entry_we = set_q || fire || state_q == StClear;
    entry_waddr = s2_conn_q;
    entry_wdata = 33'h0;
    if (state_q == StClear) begin
      entry_waddr = clear_q;
    end else if (set_q) begin
      entry_waddr = set_conn_q;
      entry_wdata = {set_armed_q, set_deadline_q};
    end
  end

  always_ff @(posedge clk_i) begin
    if (entry_we) entries[entry_waddr] <= entry_wdata;
    if (read_en) s1_data_q <= entries[read_conn];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      s1_valid_q <= 1'b0;
      s2_valid_q <= 1'b0;
    end else if (advance) begin
      s1_valid_q <= read_en;
      s2_valid_q <= s1_valid_q;
    end
    if (advance) begin
      if (read_en) s1_conn_q <= read_conn;
      s1_stale_q <= set_q && set_conn_q == read_conn;
      if (s1_valid_q) begin
        s2_conn_q <= s1_conn_q;
        s2_data_q <= s1_data_q;
        s2_bound_q <= bound_of(s1_data_q[31:0], now_q);
      end
      s2_stale_q <= s1_stale_q || (set_q && set_conn_q == s1_conn_q);
    end else begin
      if (set_q && set_conn_q == s1_conn_q) s1_stale_q <= 1'b1;
      if (set_q && set_conn_q == s2_conn_q) s2_stale_q <= 1'b1;
    end
    if (!rst_ni) begin
      fire_valid_q <= 1'b0;
    end else if (fire) begin
      fire_valid_q <= 1'b1;
    end else if (fire_ready_i) begin
      fire_valid_q <= 1'b0;
    end
    if (fire) fire_conn_q <= 16'(s2_conn_q);
  end

  // ---- the groups' bounds: one read-modify-write port, sets first
  logic [32:0]       bounds [0:Groups-1];
  logic [32:0]       bound;
  logic [GroupW-1:0] set_group, bound_addr;
  logic              bound_we, merge, merge_valid, group_due, group_step;
  logic [31:0]       merge_us;
  logic [32:0]       bound_wdata;

  if (Groups > 1) begin : gen_set_group
    assign set_group = set_conn_q[IndexW-1:6];
  end else begin : gen_set_group_one
    assign set_group = 1'b0;
  end

  assign merge_valid = set_q ? set_armed_q : (state_q == StMerge && found_q);
  assign merge_us = set_q ? set_bound_q : found_us_q;
  assign merge = merge_valid && state_q != StClear;
  assign bound_addr = (state_q == StClear) ? clear_q[GroupW-1:0] : set_q ? set_group : group_q;
  assign bound = bounds[bound_addr];
  assign group_step = state_q == StGroup && !set_q;
  assign group_due = bound[32] && !earlier(now_q, bound[31:0]);

  always_comb begin
    bound_we = 1'b0;
    bound_wdata = 33'h0;
    if (state_q == StClear) begin
      bound_we = 1'b1;
    end else if (merge) begin
      bound_we = !bound[32] || earlier(merge_us, bound[31:0]);
      bound_wdata = {1'b1, merge_us};
    end else if (group_step && group_due) begin
      bound_we = 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (bound_we) bounds[bound_addr] <= bound_wdata;
  end

  // ---- the bound of all: what sets and the pass contribute
  logic        give;     // lowers next
  logic [31:0] give_us;
  assign give = merge || (group_step && bound[32] && !group_due);
  assign give_us = merge ? merge_us : bound[31:0];

  logic last_group;
  assign last_group = group_q == GroupW'(Groups - 1);

  always_ff @(posedge clk_i) begin
    if (state_q == StRest) begin
      found_q <= 1'b0;
    end else if (group_step) begin
      found_q <= 1'b0;
    end else if (s2_live && !s2_due && advance) begin
      found_q <= 1'b1;
      if (!found_q || earlier(s2_bound_q, found_us_q)) found_us_q <= s2_bound_q;
    end

    // What the pass builds; outside a pass it follows the published bound.
    if (give && (!next_q || earlier(give_us, next_us_q))) next_us_q <= give_us;
    if (give) next_q <= 1'b1;
    if (state_q == StPublish && !set_q) begin
      all_q <= next_q;
      all_us_q <= next_us_q;
    end else if (merge && set_q) begin
      all_q <= 1'b1;
      if (!all_q || earlier(merge_us, all_us_q)) all_us_q <= merge_us;
    end

    case (state_q)
      StClear: begin
        clear_q <= clear_q + 1'b1;
        if (&clear_q) state_q <= StRest;
      end
      StRest: begin
        group_q <= GroupW'(0);
        if (!set_q && all_q && !earlier(now_q, all_us_q)) begin
          state_q <= StGroup;
          next_q <= 1'b0;
        end
      end
      StGroup: begin
        entry_q <= 7'd0;
        if (group_step) begin
          if (group_due) begin
            state_q <= StEntries;
          end else begin
            group_q <= group_q + 1'b1;
            if (last_group) state_q <= StPublish;
          end
        end
      end
      StEntries: begin
        if (read_en) entry_q <= entry_q + 7'd1;
        if (entry_q[6] && !s1_valid_q && !s2_valid_q) state_q <= StMerge;
      end
      StMerge: begin
        if (!set_q) begin
          group_q <= group_q + 1'b1;
          state_q <= last_group ? StPublish : StGroup;
        end
      end
      default: begin  // StPublish
        if (!set_q) state_q <= StRest;
      end
    endcase

    if (!rst_ni) begin
      state_q <= StClear;
      clear_q <= IndexW'(0);
      all_q <= 1'b0;
      next_q <= 1'b0;
    end
  end

  assign fire_conn_o = fire_conn_q;
  assign fire_valid_o = fire_valid_q;
  assign deadline_valid_o = all_q;
  assign deadline_us_o = all_us_q;
  assign ready_o = state_q != StClear;
  assign idle_o = state_q == StRest && !fire_valid_q && !set_q && now_q == now_us_i &&
                  !(all_q && !earlier(now_q, all_us_q));

`ifndef SYNTHESIS
`ifndef YOSYS
  if (Connections < 64 || Connections > 65536 || (Connections & (Connections - 1)) != 0) begin
    : gen_bad_connections
    $error("Connections must be a power of two from 64 to 65536");
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni && set_valid_i) begin
      assert (32'(set_conn_i) < Connections) else $error("toe_timers: set beyond the last entry");
      assert (ready_o) else $error("toe_timers: set before ready");
    end
  end
`endif
`endif

endmodule
