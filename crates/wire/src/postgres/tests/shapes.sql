select sold from events where id=42;
;;
SELECT "a""b".c, e.*, count(*) , x::text[1] FROM "T" e WHERE a>=-1 AND b='it''s' AND c=E'\'' AND d = U&'x' AND f=$$a$b$$ AND g=$q$ ' $q$
;;
SELECT 1.5e-3, .5, 0xff, 1_000, a-1, a - -1, -1+2, x->>'k', x@>'{}', a||b, :v, j ? 'k'
;;
INSERT INTO orders(event,quantity)VALUES(42,$1),(43,NULL)
;;
SELECT * FROM t WHERE a IN (1, -2, 'x') AND b NOT IN ($1, $2) AND c IN (SELECT 1) AND d = ANY($3) AND e IN (1, f)
;;
-- comment
/* another /* nested */ */ Update T Set A=1--end
;;
select key, name, status, value, t.order from t
;;
SELECT 'unclosed
;;
SELECT "unclosed
;;
SELECT $tag$unclosed
;;
/* unclosed
;;
héllo = 'wörld'