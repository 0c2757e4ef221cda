-- What people, the CLI and dashboards read. Schema `api` over the tables that the search path names.

-- A sum of what single rows can hold may be more than a bigint can. It is cut: a view that fails shows
-- nothing of the other accounts either.
CREATE FUNCTION api.bounded(amount numeric) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN least(greatest(amount, -1000000000000000000), 1000000000000000000)::bigint;

CREATE VIEW api.checkpoint AS SELECT log_id, sequence, event_id FROM checkpoint;

CREATE VIEW api.targets AS SELECT * FROM targets;

CREATE VIEW api.strategies AS SELECT * FROM strategies;

CREATE VIEW api.leader_trades AS
SELECT t.*, coalesce(s.evaluations, 0) AS evaluations, coalesce(s.strategies, 0) AS strategies,
       coalesce(s.qualified, 0) AS qualified, coalesce(s.evaluated_at_ms, 0) AS evaluated_at_ms
FROM leader_trades t
LEFT JOIN (
    SELECT transaction_hash, wallet, token_id, side, count(*) AS evaluations,
           max(strategies) AS strategies, sum(qualified)::bigint AS qualified,
           max(evaluated_at_ms) AS evaluated_at_ms
    FROM signals GROUP BY transaction_hash, wallet, token_id, side
) s USING (transaction_hash, wallet, token_id, side);

CREATE VIEW api.signals AS SELECT * FROM signals;

CREATE VIEW api.decisions AS
SELECT d.*, s.wallet, s.transaction_hash, s.token_id, s.side,
       s.price_micros AS leader_price_micros, s.evaluated_at_ms
FROM decisions d
JOIN signals s USING (signal_id);

-- A refused order was never requested: what was asked for is in the decision, the market in the
-- leader trade.
CREATE VIEW api.orders AS
SELECT o.order_id, o.strategy_id, o.account, coalesce(nullif(o.venue, ''), d.venue, '') AS venue,
       o.venue_order_id,
       coalesce(nullif(o.title, ''), t.title, '') AS title,
       coalesce(nullif(o.outcome, ''), t.outcome, '') AS outcome,
       coalesce(nullif(o.condition_id, ''), t.condition_id, '') AS condition_id, o.token_id,
       o.side, o.order_type,
       CASE WHEN o.state = 'refused' THEN coalesce(d.size_micros, 0) ELSE o.size_micros END
           AS size_micros,
       CASE WHEN o.state = 'refused' THEN coalesce(d.notional_micros, 0) ELSE o.notional_micros END
           AS notional_micros,
       CASE WHEN o.state = 'refused' THEN coalesce(d.limit_price_micros, 0)
            ELSE o.limit_price_micros END AS limit_price_micros,
       o.filled_size_micros, o.filled_notional_micros,
       CASE WHEN o.filled_size_micros > 0
            THEN api.bounded(round(o.filled_notional_micros::numeric * 1000000 / o.filled_size_micros))
            ELSE 0 END AS average_price_micros,
       o.fees_micros, o.realised_micros, o.lock_micros, o.locked_micros, o.locked_size_micros,
       o.state, o.reason, o.detail, o.operator, o.cancel_verdict, o.examined,
       o.answer, o.adopted, o.anomalies, o.evidence,
       o.signal_id, o.trade_id,
       coalesce(nullif(o.leader, ''), s.wallet, '') AS leader,
       coalesce(s.transaction_hash, '') AS leader_transaction_hash,
       coalesce(s.price_micros, 0) AS leader_price_micros,
       coalesce(s.traded_at_ms, 0) AS leader_traded_at_ms,
       o.epoch, o.attempt, o.requested_at_ms, o.sent_at_ms, o.placed_at_ms, o.filled_at_ms,
       o.lost_at_ms, o.cancel_requested_at_ms, o.examined_at_ms, o.closed_at_ms, o.expires_at_ms, o.sequence
FROM orders o
LEFT JOIN signals s USING (signal_id)
LEFT JOIN leader_trades t ON (t.transaction_hash, t.wallet, t.token_id, t.side)
                           = (s.transaction_hash, s.wallet, s.token_id, s.side)
LEFT JOIN decisions d USING (signal_id, strategy_id);

CREATE VIEW api.fills AS SELECT * FROM fills WHERE size_micros > 0;

CREATE VIEW api.positions AS
SELECT p.*,
       CASE WHEN p.size_micros <> 0
            THEN api.bounded(round(p.cost_micros::numeric * 1000000 / p.size_micros))
            ELSE 0 END AS average_price_micros
FROM positions p;

CREATE VIEW api.lots AS
SELECT l.*, l.bought_size_micros - l.sold_size_micros - l.settled_size_micros AS size_micros,
       coalesce(o.title, '') AS title, coalesce(o.outcome, '') AS outcome,
       coalesce(o.requested_at_ms, 0) AS requested_at_ms
FROM lots l
LEFT JOIN orders o ON o.order_id = l.lot_id
WHERE l.bought_size_micros <> 0 OR l.sold_size_micros <> 0 OR l.settled_size_micros <> 0
   OR l.locked_size_micros <> 0;

CREATE VIEW api.accounts AS
SELECT a.*, coalesce(p.cost_micros, 0) AS positions_cost_micros, coalesce(p.held, 0) AS positions,
       (SELECT count(*) FROM external_orders e WHERE e.account = a.account) AS external_orders
FROM accounts a
LEFT JOIN (
    SELECT account, api.bounded(sum(cost_micros)) AS cost_micros,
           count(*) FILTER (WHERE size_micros <> 0) AS held
    FROM positions GROUP BY account
) p USING (account);

CREATE VIEW api.trading_states AS SELECT * FROM trading_states;

CREATE VIEW api.account_limits AS SELECT * FROM account_limits;

CREATE VIEW api.external_orders AS SELECT * FROM external_orders;

CREATE VIEW api.balance_disputes AS SELECT * FROM balance_disputes;

-- Sums over a strategy's orders. What a settled market paid belongs to an account, not to an order.
CREATE VIEW api.performance AS
SELECT s.strategy_id, s.account, s.venue, s.paused, s.capital_micros,
       coalesce(d.evaluated, 0) AS evaluated, coalesce(d.qualified, 0) AS qualified,
       coalesce(o.requested, 0) AS orders, coalesce(o.refused, 0) AS refused,
       coalesce(o.filled, 0) AS filled, coalesce(o.open, 0) AS open,
       coalesce(o.lost, 0) AS lost, coalesce(o.failed, 0) AS failed,
       coalesce(o.bought_micros, 0) AS bought_micros,
       coalesce(o.sold_micros, 0) AS sold_micros, coalesce(o.fees_micros, 0) AS fees_micros,
       coalesce(o.realised_micros, 0) AS realised_micros
FROM strategies s
LEFT JOIN (
    SELECT strategy_id, count(*) AS evaluated, count(*) FILTER (WHERE qualified) AS qualified
    FROM decisions GROUP BY strategy_id
) d USING (strategy_id)
LEFT JOIN (
    SELECT strategy_id,
           count(*) FILTER (WHERE state <> 'refused') AS requested,
           count(*) FILTER (WHERE state = 'refused') AS refused,
           count(*) FILTER (WHERE filled_size_micros > 0) AS filled,
           count(*) FILTER (WHERE state IN ('requested', 'uncertain', 'open', 'partially_filled'))
               AS open,
           count(*) FILTER (WHERE state = 'lost') AS lost,
           count(*) FILTER (WHERE state = 'failed') AS failed,
           api.bounded(coalesce(sum(filled_notional_micros) FILTER (WHERE side = 'BUY'), 0))
               AS bought_micros,
           api.bounded(coalesce(sum(filled_notional_micros) FILTER (WHERE side = 'SELL'), 0))
               AS sold_micros,
           api.bounded(sum(fees_micros)) AS fees_micros,
           api.bounded(sum(realised_micros)) AS realised_micros
    FROM orders GROUP BY strategy_id
) o USING (strategy_id);
