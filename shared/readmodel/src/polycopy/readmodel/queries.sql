-- Named queries: `-- name: …`, then one statement. A parameter that is null does not filter.

-- name: checkpoint
SELECT log_id, sequence, event_id FROM api.checkpoint;

-- name: targets
SELECT * FROM api.targets
WHERE %(followed)s::boolean IS NULL OR followed = %(followed)s
ORDER BY wallet;

-- name: strategies
SELECT * FROM api.strategies
WHERE %(strategy_id)s::text IS NULL OR strategy_id = %(strategy_id)s
ORDER BY strategy_id;

-- name: leader_trades
SELECT * FROM api.leader_trades
WHERE %(wallet)s::text IS NULL OR wallet = %(wallet)s
ORDER BY sequence DESC
LIMIT %(limit)s::bigint;

-- name: decisions
SELECT * FROM api.decisions
WHERE (%(trade_id)s::text IS NULL OR trade_id = %(trade_id)s)
  AND (%(strategy_id)s::text IS NULL OR strategy_id = %(strategy_id)s)
ORDER BY sequence DESC, strategy_id
LIMIT %(limit)s;

-- name: orders
SELECT * FROM api.orders
WHERE (%(strategy_id)s::text IS NULL OR strategy_id = %(strategy_id)s)
  AND (%(account)s::text IS NULL OR account = %(account)s)
  AND (%(states)s::text[] IS NULL OR state = ANY(%(states)s::text[]))
ORDER BY requested_at_ms DESC, order_id
LIMIT %(limit)s;

-- name: order
SELECT * FROM api.orders WHERE order_id = %(id)s OR venue_order_id = %(id)s;

-- name: fills
SELECT * FROM api.fills
WHERE %(order_id)s::text IS NULL OR order_id = %(order_id)s
ORDER BY matched_at_ms, venue_trade_id, venue_order_id;

-- name: positions
SELECT * FROM api.positions
WHERE (%(account)s::text IS NULL OR account = %(account)s)
  AND (%(closed_too)s OR size_micros <> 0)
ORDER BY account, token_id;

-- name: lots
SELECT * FROM api.lots
WHERE (%(account)s::text IS NULL OR account = %(account)s)
  AND (%(closed_too)s OR size_micros <> 0 OR locked_size_micros <> 0)
ORDER BY account, token_id, requested_at_ms, lot_id;

-- name: trading_states
SELECT * FROM api.trading_states ORDER BY account;

-- name: account_limits
SELECT * FROM api.account_limits
WHERE %(account)s::text IS NULL OR account = %(account)s
ORDER BY account;

-- name: external_orders
SELECT * FROM api.external_orders
WHERE %(account)s::text IS NULL OR account = %(account)s
ORDER BY seen_at_ms, account, venue_order_id;

-- name: balance_disputes
SELECT * FROM api.balance_disputes
WHERE (%(account)s::text IS NULL OR account = %(account)s)
  AND (%(agreed_too)s OR agreed_at_ms = 0)
ORDER BY account, token_id;

-- name: accounts
SELECT * FROM api.accounts
WHERE %(account)s::text IS NULL OR account = %(account)s
ORDER BY account;

-- name: performance
SELECT * FROM api.performance
WHERE %(strategy_id)s::text IS NULL OR strategy_id = %(strategy_id)s
ORDER BY strategy_id;

-- name: counts
SELECT (SELECT count(*) FROM api.leader_trades) AS leader_trades,
       (SELECT count(*) FROM api.signals) AS evaluated,
       (SELECT count(*) FROM api.signals WHERE qualified > 0) AS qualified,
       (SELECT count(*) FROM api.orders WHERE state <> 'refused') AS orders,
       (SELECT count(*) FROM api.orders WHERE state = 'refused') AS refused,
       (SELECT count(*) FROM api.fills) AS fills,
       (SELECT count(*) FROM api.positions WHERE size_micros <> 0) AS positions;
