"""VIP's REST API: one exchange, a method an endpoint, typed answers, rules for names."""
