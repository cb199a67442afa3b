CREATE TABLE stock (id int PRIMARY KEY, left_over int NOT NULL);
