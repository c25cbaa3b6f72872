-- Which server wrote the log last, and since which promotion: another one may lack what clients have seen. NULL: not known.
ALTER TABLE head ADD COLUMN life text;
