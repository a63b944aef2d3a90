"""The folding's number stands with each security answer; those given before went through the first: step 9."""

ON_SQLITE = (
    """UPDATE security_answers SET answers = replace(answers, '{{"question":', '{{"folding":1,"question":')""",
)
ON_POSTGRES = (
    """UPDATE security_answers SET answers = (
        SELECT coalesce(jsonb_agg(jsonb_set(answer, ARRAY['folding'], to_jsonb(1)) ORDER BY place), '[]'::jsonb)
        FROM jsonb_array_elements(answers) WITH ORDINALITY AS given (answer, place)
    )""",
)
